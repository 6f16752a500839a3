import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import {
  forbiddenImports,
  importCycles,
  importsOf,
  longFiles,
  mentions,
  type Plan,
  roomOf,
  runtimeImports,
  type Sources,
} from './imports.js';

const FOUNDATION = ['src/formats', 'src/errors', 'src/files'];

/** Lowest first: each module imports only from modules above it in this table. */
const PLAN: Plan = {
  'src/errors': [],
  'src/files': ['src/errors'],
  'src/time-left': [],
  'src/formats': ['src/errors'],
  'src/network': FOUNDATION,
  'src/workers': ['src/errors'],
  'src/stimulus': [...FOUNDATION, 'src/workers'],
  'src/tuning': FOUNDATION,
  'src/models': [...FOUNDATION, 'src/network'],
  'src/storage': [...FOUNDATION, 'src/stimulus'],
  'src/jobs': [...FOUNDATION, 'src/time-left'],
  'src/inference': [...FOUNDATION, 'src/network', 'src/models', 'src/stimulus', 'src/workers'],
  'src/interpret': [
    ...FOUNDATION,
    ...['src/network', 'src/models', 'src/stimulus', 'src/inference', 'src/workers'],
  ],
  'src/server': [
    ...FOUNDATION,
    ...['src/network', 'src/models', 'src/stimulus', 'src/tuning', 'src/storage', 'src/inference'],
    ...['src/interpret', 'src/jobs', 'src/workers'],
  ],
  // It is a client: it runs its own code and pure functions, and knows only the types of the rest.
  'src/web': [...FOUNDATION, 'src/time-left', 'src/tuning', 'src/stimulus', 'src/server'],
  'src/exit-codes': [],
  'src/signals': [],
  'src/config': ['src/errors'],
  'src/announcement': ['src/inference'],
  'src/data-folder': [
    ...FOUNDATION,
    ...['src/storage', 'src/jobs', 'src/server', 'src/config', 'src/announcement'],
  ],
  'src/serve': [
    ...FOUNDATION,
    ...[
      'src/network',
      'src/models',
      'src/stimulus',
      'src/tuning',
      'src/storage',
      'src/jobs',
      'src/inference',
      'src/interpret',
      'src/server',
      'src/config',
      'src/announcement',
      'src/data-folder',
      'src/signals',
    ],
  ],
  'src/main': ['src/serve'],
  'src/cli': ['src/errors', 'src/exit-codes', 'src/config', 'src/serve', 'training', 'deploy'],
  training: [
    ...FOUNDATION,
    'src/exit-codes',
    ...['src/network', 'src/models', 'src/tuning', 'src/stimulus', 'src/interpret'],
  ],
};

const ENVIRONMENT_READERS = [
  'src/config.ts',
  // hands it to config.ts
  'src/main.ts',
  // hands it to the commands
  'src/cli/hypercolumn.ts',
  // libtensorflow itself reads the variable that is set there
  'src/network/backend.ts',
  // onnxruntime itself reads the variable that is set there
  'src/inference/onnx/onnxruntime.ts',
  // hands it to the inference process
  'src/workers/child-process.ts',
];

const MOST_LINES = 320;

const root = fileURLToPath(new URL('../..', import.meta.url));

function read(...folders: string[]): Sources {
  const files = folders
    .filter((folder) => existsSync(join(root, folder)))
    .flatMap((folder) =>
      readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' }).map(
        (file) => `${folder}/${file}`,
      ),
    )
    .filter((file) => /\.tsx?$/.test(file));
  return new Map(files.sort().map((file) => [file, readFileSync(join(root, file), 'utf8')]));
}

const served = read('src', 'training');

test('imports run only downward, from room to room as planned', () => {
  expect(forbiddenImports(served, PLAN)).toEqual([]);
});

/** Whose functions the page may run: they need nothing of Node. */
const PURE = ['src/formats', 'src/stimulus', 'src/time-left', 'src/tuning'];

test('of the service the page knows the types alone', () => {
  const page = [...read('src/web')].flatMap(([file, text]) => runtimeImports(file, text));
  const rooms = new Set(page.map(roomOf));
  rooms.delete('src/web');
  expect([...rooms].sort()).toEqual(PURE.filter((room) => rooms.has(room)));
});

test('no file imports itself through others', () => {
  expect(importCycles(read('src', 'training', 'deploy', 'bench', 'test'))).toEqual([]);
});

test('only the entry point reads the environment', () => {
  expect(mentions(served, 'process.env', ENVIRONMENT_READERS)).toEqual([]);
});

test('one file loads onnxruntime, which turns its telemetry off', () => {
  const sources = read('src', 'training', 'deploy', 'bench', 'test');
  const code = new Map(
    [...sources].map(([file, text]) => [file, text.replaceAll(/^import type [^;]*;/gm, '')]),
  );
  const allowed = ['src/inference/onnx/onnxruntime.ts', 'test/architecture/imports.test.ts'];
  expect(mentions(code, "'onnxruntime-node'", allowed)).toEqual([]);
});

test('files stay short', () => {
  expect(longFiles(read('src', 'training', 'deploy', 'bench', 'test'), MOST_LINES)).toEqual([]);
});

test.each([
  ['upward', 'src/network/a.ts', "import { b } from '../server/b.js';"],
  ['to a sibling', 'src/tuning/a.ts', "import type { b } from '../models/b.js';"],
  ['into training', 'src/inference/a.ts', "export * from '../../training/b.js';"],
  ['of the settings', 'src/server/routes/a.ts', "import { b } from '../../config.js';"],
  ['of the engine by training', 'training/a.ts', "import { b } from '../src/inference/b.js';"],
  ['at run time', 'src/formats/a.ts', "const b = await import('../inference/b.js');"],
  ['over several lines', 'src/models/a.ts', "import {\n  b,\n} from '../stimulus/b.js';"],
  ['for its side effect', 'src/stimulus/a.ts', "import '../main.js';"],
])('an import %s is found', (_, file, line) => {
  const found = forbiddenImports(new Map([[file, `import fs from 'node:fs';\n${line}`]]), PLAN);
  expect(found).toEqual([expect.stringContaining(`${file}:`)]);
});

test('a finding names file, line and import', () => {
  const text = "import { a } from './a.js';\n\nimport { b } from '../server/b.js';\n";
  expect(forbiddenImports(new Map([['src/models/c.ts', text]]), PLAN)).toEqual([
    'src/models/c.ts:3: src/models must not import ../server/b.js (may: src/formats, src/errors, src/files, src/network)',
  ]);
});

test('a room that is not in the plan is found', () => {
  expect(forbiddenImports(new Map([['src/utils/a.ts', '']]), PLAN)).toEqual([
    'src/utils/a.ts: src/utils is no room of the plan',
  ]);
});

test('a cycle is found, a diamond is none', () => {
  const imports = (...names: string[]) => names.map((name) => `import './${name}.js';`).join('\n');
  const diamond = { 'x/a.ts': imports('b', 'c'), 'x/b.ts': imports('d'), 'x/c.ts': imports('d') };
  expect(importCycles(new Map(Object.entries({ ...diamond, 'x/d.ts': '' })))).toEqual([]);
  expect(importCycles(new Map(Object.entries({ ...diamond, 'x/d.ts': imports('a') })))).toContain(
    'x/a.ts -> x/b.ts -> x/d.ts -> x/a.ts',
  );
});

test('a reader of the environment and a long file are found', () => {
  const sources: Sources = new Map([['src/a.ts', "\nconst home = process.env['HOME'];\n\n"]]);
  expect(mentions(sources, 'process.env', [])).toEqual([
    "src/a.ts:2: const home = process.env['HOME'];",
  ]);
  expect(longFiles(sources, 1)).toEqual(['src/a.ts: 2 lines, at most 1']);
});

test('the imports of this file are seen', () => {
  const file = 'test/architecture/imports.test.ts';
  const targets = importsOf(file, readFileSync(join(root, file), 'utf8')).map(
    ({ target }) => target,
  );
  expect(targets).toContain('test/architecture/imports.ts');
  expect(served.size).toBeGreaterThan(10);
});
