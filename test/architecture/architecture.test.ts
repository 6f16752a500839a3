import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import layers from '../../.biome.layers.json' with { type: 'json' };
import { drawModules, moduleGraph } from './module-graph.js';
import {
  longFiles,
  mentions,
  moduleOf,
  readSources,
  runtimeImports,
  type Sources,
} from './sources.js';

const ARCHITECTURE = fileURLToPath(new URL('../../ARCHITECTURE.md', import.meta.url));
const MAX_LINES = 320;
const ENVIRONMENT_READERS = [
  // They pass it to the programs that they start.
  'src/main.ts',
  'src/cli/hypercolumn.ts',
  // libtensorflow itself reads the variables.
  'src/network/backends/tensorflow/tensorflow.ts',
  'src/network/backends/cpu-threads.ts',
  // onnxruntime itself reads the variable that is set there.
  'src/inference/onnx/onnxruntime.ts',
  // It passes the environment to the inference process.
  'src/workers/child-process.ts',
];
/** Modules that may import any other, since they assemble the program. */
const UNRESTRICTED = [
  ...['main', 'start', 'serve', 'run-server', 'served-models', 'new-models'],
  ...['work', 'cli', 'data-folder', 'web'],
];
/** Modules whose functions the page may run: they need nothing of Node. */
const PURE = ['client', 'formats', 'stimulus', 'time-left', 'tuning'];
/** Data that the page may read, in a module that needs more than that. */
const PURE_FOLDER = 'src/network/architectures/';

const program = readSources('src', 'training');
const everything = readSources('src', 'training', 'deploy', 'bench', 'test');

test('each module has a line in .biome.layers.json', () => {
  const included = layers.overrides.flatMap(({ includes }) => includes).map(moduleOf);
  const modules = [...new Set([...program.keys()].map(moduleOf))];
  const known = [...included, ...UNRESTRICTED];
  expect(modules.filter((module) => !known.includes(module))).toEqual([]);
});

// `npx vitest run --config test/vitest.config.ts test/architecture -u` updates the picture.
test('the picture in ARCHITECTURE.md shows the imports in src', async () => {
  const text = readFileSync(ARCHITECTURE, 'utf8');
  const picture = /```mermaid\n[\s\S]*?```/;
  expect(text).toMatch(picture);
  const drawn = `\`\`\`mermaid\n${drawModules(moduleGraph(program))}\n\`\`\``;
  await expect(text.replace(picture, drawn)).toMatchFileSnapshot(ARCHITECTURE);
});

test('the page imports only types from the service', () => {
  const imports = [...readSources('src/web')].flatMap(([file, text]) => runtimeImports(file, text));
  const modules = new Set(imports.filter((file) => !file.startsWith(PURE_FOLDER)).map(moduleOf));
  modules.delete('web');
  expect([...modules].filter((module) => !PURE.includes(module))).toEqual([]);
});

test('the client runs nothing of other modules but formats', () => {
  const imports = [...readSources('src/client')].flatMap(([file, text]) =>
    runtimeImports(file, text),
  );
  const modules = new Set(imports.map(moduleOf));
  modules.delete('client');
  expect([...modules]).toEqual(['formats']);
});

test('experiments and the modules below them import nothing of HTTP', () => {
  const modules = ['errors', 'formats', 'stimulus', 'tuning', 'jobs', 'inference', 'interpret'];
  const below = [...program].filter(([file]) =>
    ['experiments', ...modules].includes(moduleOf(file)),
  );
  for (const library of ["from 'hono", "from '@hono", "from 'node:http"]) {
    expect(mentions(new Map(below), library, [])).toEqual([]);
  }
});

test('only the entry points read the environment', () => {
  expect(mentions(program, 'process.env', ENVIRONMENT_READERS)).toEqual([]);
});

test('exactly one file imports onnxruntime, and it disables telemetry', () => {
  const code = new Map(
    [...everything].map(([file, text]) => [file, text.replaceAll(/^import type [^;]*;/gm, '')]),
  );
  const allowed = ['src/inference/onnx/onnxruntime.ts', 'test/architecture/architecture.test.ts'];
  expect(mentions(code, "'onnxruntime-node'", allowed)).toEqual([]);
});

test('no file has more than 320 lines', () => {
  expect(longFiles(everything, MAX_LINES)).toEqual([]);
});

test('the checks find a file that reads the environment, a long file and the imports of three modules', () => {
  const sources: Sources = new Map([
    ['src/a.ts', "import './b/x.js';\nimport './c.js';\nconst home = process.env['HOME'];\n"],
    ['src/b/x.ts', "export * from '../c.js';\n"],
    ['src/c.ts', ''],
  ]);
  expect(mentions(sources, 'process.env', [])).toEqual([
    "src/a.ts:3: const home = process.env['HOME'];",
  ]);
  expect(longFiles(sources, 2)).toEqual(['src/a.ts: 3 lines; expected at most 2']);
  expect(drawModules(moduleGraph(sources))).toBe('flowchart TD\n  a --> b\n  b --> c');
});
