import { posix } from 'node:path';

/** Source files by their path from the repository's root, `src/server/app.ts` -> text. */
export type Sources = ReadonlyMap<string, string>;

/** Room -> the rooms its files may import from, besides their own. */
export type Plan = Readonly<Record<string, readonly string[]>>;

interface Import {
  readonly line: number;
  readonly specifier: string;
  /** The imported file, from the repository's root. */
  readonly target: string;
}

const RELATIVE_IMPORT = /(?:\bfrom\s*|\bimport\s*\(?\s*)(['"])(\.{1,2}\/[^'"\n]+\.js)\1/g;

/** The relative imports and re-exports of code in a file, type-only and dynamic ones too. */
export function importsOf(file: string, text: string): Import[] {
  return [...text.matchAll(RELATIVE_IMPORT)].map((match) => {
    const specifier = match[2]!;
    const target = posix.join(posix.dirname(file), specifier).replace(/\.js$/, '.ts');
    return { line: lineAt(text, match.index), specifier, target };
  });
}

/** The files that are imported to be run, not for their types alone. */
export function runtimeImports(file: string, text: string): string[] {
  const code = text.replaceAll(/^(?:import|export) type [^;]*;/gm, '');
  return importsOf(file, code).map(({ target }) => target);
}

/** `src/server/routes/health.ts` -> `src/http`, `src/main.ts` -> `src/main`, `training/x/y.ts` -> `training`. */
export function roomOf(file: string): string {
  const [top, second] = file.split('/');
  return top === 'src' ? `src/${second!.replace(/\.ts$/, '')}` : top!;
}

/** Every import that the plan does not allow, and every room that it does not know. */
export function forbiddenImports(sources: Sources, plan: Plan): string[] {
  return [...sources].flatMap(([file, text]) => {
    const room = roomOf(file);
    const allowed = plan[room];
    if (allowed === undefined) return [`${file}: ${room} is no room of the plan`];
    return importsOf(file, text)
      .filter(({ target }) => roomOf(target) !== room && !allowed.includes(roomOf(target)))
      .map(
        ({ line, specifier }) =>
          `${file}:${line}: ${room} must not import ${specifier} (may: ${allowed.join(', ') || 'nothing'})`,
      );
  });
}

/** Every cycle of imports between files once, as `a.ts -> b.ts -> a.ts`. */
export function importCycles(sources: Sources): string[] {
  const cycles = new Set<string>();
  const finished = new Set<string>();
  const trail: string[] = [];
  const visit = (file: string): void => {
    const start = trail.indexOf(file);
    if (start >= 0) {
      cycles.add([...trail.slice(start), file].join(' -> '));
      return;
    }
    const text = sources.get(file) ?? sources.get(`${file}x`);
    if (text === undefined || finished.has(file)) return;
    trail.push(file);
    for (const { target } of importsOf(file, text)) visit(target);
    trail.pop();
    finished.add(file);
  };
  for (const file of sources.keys()) visit(file);
  return [...cycles];
}

/** Every line that mentions `text` in a file that is not in `allowed`. */
export function mentions(sources: Sources, text: string, allowed: readonly string[]): string[] {
  return [...sources]
    .filter(([file]) => !allowed.includes(file))
    .flatMap(([file, source]) =>
      source
        .split('\n')
        .flatMap((line, index) =>
          line.includes(text) ? [`${file}:${index + 1}: ${line.trim()}`] : [],
        ),
    );
}

/** Every file of more than `most` lines. */
export function longFiles(sources: Sources, most: number): string[] {
  return [...sources]
    .map(([file, text]) => ({ file, lines: text.trimEnd().split('\n').length }))
    .filter(({ lines }) => lines > most)
    .map(({ file, lines }) => `${file}: ${lines} lines, at most ${most}`);
}

function lineAt(text: string, index: number): number {
  return text.slice(0, index).split('\n').length;
}
