import { readdirSync, readFileSync } from 'node:fs';
import { join, posix } from 'node:path';
import { fileURLToPath } from 'node:url';

/** Source files by their path from the repository's root, `src/server/app.ts` -> text. */
export type Sources = ReadonlyMap<string, string>;

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const RELATIVE_IMPORT = /(?:\bfrom\s*|\bimport\s*\(?\s*)(['"])(\.{1,2}\/[^'"\n]+\.js)\1/g;

/** The TypeScript files of some folders. */
export function readSources(...folders: readonly string[]): Sources {
  const files = folders
    .flatMap((folder) =>
      readdirSync(join(ROOT, folder), { recursive: true, encoding: 'utf8' }).map(
        (file) => `${folder}/${file}`,
      ),
    )
    .filter((file) => /\.tsx?$/.test(file));
  return new Map(files.sort().map((file) => [file, readFileSync(join(ROOT, file), 'utf8')]));
}

/** The files that the relative imports of a file name, from the repository's root; types and dynamic ones too. */
export function importedFiles(file: string, text: string): string[] {
  return [...text.matchAll(RELATIVE_IMPORT)].map((match) =>
    posix.join(posix.dirname(file), match[2]!).replace(/\.js$/, '.ts'),
  );
}

/** The files that are imported for their code, not only for types. */
export function runtimeImports(file: string, text: string): string[] {
  return importedFiles(file, text.replaceAll(/^(?:import|export) type [^;]*;/gm, ''));
}

/** The module of a file: `src/server/routes/health.ts` -> `server`, `src/main.ts` -> `main`, `training/x/y.ts` -> `training`. */
export function moduleOf(file: string): string {
  const [top, second] = file.split('/');
  return top === 'src' ? second!.replace(/\.ts$/, '') : top!;
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

/** Every file of more than `max` lines. */
export function longFiles(sources: Sources, max: number): string[] {
  return [...sources]
    .map(([file, text]) => ({ file, lines: text.trimEnd().split('\n').length }))
    .filter(({ lines }) => lines > max)
    .map(({ file, lines }) => `${file}: ${lines} lines; expected at most ${max}`);
}
