import { setDigest } from '../stimulus/stimuli.js';
import type { StimulusReport } from './stimulus-request.js';

/** Digests that stand in a header one by one; those of more would be more than proxies pass on. */
const MAX_DIGESTS = 16;
/** Characters of the warnings. */
const MAX_WARNINGS = 2000;

/**
 * What the reports say, for answers whose body is numbers alone. `X-Stimulus-Set`: the digest of all
 * stimuli together; `X-Stimulus-Digests`: of each, for up to 16; `X-Stimulus-Warnings`, where there
 * are any: a JSON list of each warning once, how many stimuli it is of and the number of the first.
 */
export function reportHeaders(reports: readonly StimulusReport[]): [name: string, value: string][] {
  const digests = reports.map(({ digest }) => digest);
  const headers: [string, string][] = [['X-Stimulus-Set', setDigest(digests)]];
  if (digests.length <= MAX_DIGESTS) headers.push(['X-Stimulus-Digests', digests.join(', ')]);
  const warnings = gather(reports);
  if (warnings.length > 0) headers.push(['X-Stimulus-Warnings', listOf(warnings)]);
  return headers;
}

interface Gathered {
  readonly warning: string;
  readonly first: number;
  count: number;
}

function gather(reports: readonly StimulusReport[]): Gathered[] {
  const byText = new Map<string, Gathered>();
  for (const [first, { warnings }] of reports.entries()) {
    for (const warning of warnings) {
      const known = byText.get(warning);
      if (known) known.count++;
      else byText.set(warning, { warning, count: 1, first });
    }
  }
  return [...byText.values()];
}

/** As many as there is room for, and the number of those left out. */
function listOf(warnings: readonly Gathered[]): string {
  const texts: string[] = [];
  let length = 0;
  for (const warning of warnings) {
    const text = JSON.stringify(warning);
    length += text.length + 1;
    if (length > MAX_WARNINGS) break;
    texts.push(text);
  }
  const omitted = warnings.length - texts.length;
  if (omitted > 0) texts.push(JSON.stringify({ omitted }));
  return `[${texts.join(',')}]`;
}
