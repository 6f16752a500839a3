import type { Reporter, TestCase, TestModule } from 'vitest/node';

/** The result of one test, as far as the last lines need it. */
export interface Outcome {
  readonly file: string;
  readonly name: string;
  readonly state: 'passed' | 'failed' | 'skipped' | 'pending';
  readonly note: string | undefined;
}

/** Ends a run with every skipped test, grouped by file and reason, and with the counts. */
export default class SkippedReporter implements Reporter {
  onTestRunEnd(modules: readonly TestModule[]): void {
    const outcomes = modules.flatMap((module) => [
      ...[...module.children.allTests()].map(outcomeOf),
      ...module.errors().map(() => brokenFile(module)),
    ]);
    console.log(closingLines(outcomes).join('\n'));
  }
}

function outcomeOf(test: TestCase): Outcome {
  const result = test.result();
  return {
    file: test.module.relativeModuleId,
    name: test.fullName,
    state: result.state,
    note: result.state === 'skipped' ? result.note : undefined,
  };
}

/** A file that does not load has no tests to count; it counts as one that failed. */
function brokenFile(module: TestModule): Outcome {
  return { file: module.relativeModuleId, name: 'loads', state: 'failed', note: undefined };
}

/** One line for each file and reason of skipped tests, one for each test in it, then the counts. */
export function closingLines(outcomes: readonly Outcome[]): string[] {
  const groups = new Map<string, string[]>();
  for (const { file, name, state, note } of outcomes) {
    if (state !== 'skipped') continue;
    const group = `of ${file} - ${note ?? 'no reason given'}`;
    groups.set(group, [...(groups.get(group) ?? []), name]);
  }
  const lines = [...groups].flatMap(([group, names]) => [
    `skipped: ${names.length} ${names.length === 1 ? 'test' : 'tests'} ${group}`,
    ...names.map((name) => `  ${name}`),
  ]);
  const count = (state: Outcome['state']) =>
    outcomes.filter((outcome) => outcome.state === state).length;
  return [
    ...lines,
    `tests: ${count('passed')} passed, ${count('failed')} failed, ${count('skipped')} skipped`,
  ];
}
