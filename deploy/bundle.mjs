// Puts the compiled modules of the service into few files, dist/bundled: Node takes longer to load 800 files than
// to run them. Plain JavaScript, because it runs while dist is made.
import { existsSync, renameSync, rmSync } from 'node:fs';
import { basename, dirname, relative, resolve, sep } from 'node:path';
import { fileURLToPath } from 'node:url';
import { rolldown } from 'rolldown';

const root = fileURLToPath(new URL('..', import.meta.url));
const compiled = resolve(root, 'dist/src');
const bundled = resolve(root, 'dist/bundled');
const unfinished = resolve(root, 'dist/.bundling');
const old = resolve(root, 'dist/.bundled');

/** What src/bundled.ts names, and the processes and threads that these start. */
const ENTRIES = [
  'start',
  'serve',
  'run-server',
  'work',
  'cli/run-program',
  'inference/inference-worker',
  'inference/preparing-worker',
  'inference/onnx/session-worker',
  'server/body/body-worker',
  'experiments/set-tuning/analysis-worker',
  'interpret/interpret-worker',
].map((name) => resolve(compiled, `${name}.js`));

/** Packages that the service loads at its start. All others stay in node_modules: native code, and what few need. */
const PACKAGES =
  /^(@bomb\.sh\/tab|@hono\/node-server|@noble\/hashes|@remix-run\/multipart-parser|birpc|commander|hono|lru-cache|ml-levenberg-marquardt|pino|prom-client|protobufjs|pure-rand|ws|zod)(\/|$)/;

/** The only command in the bundle: others are loaded as they are compiled, with all that they import. */
const SERVE_COMMAND = resolve(compiled, 'cli/serve-command.js');
const LOADS_COMMANDS = ['cli/commands.js', 'cli/program.js'].map((name) => resolve(compiled, name));

const isCompiled = (file) => file.startsWith(compiled + sep);

/** What is imported from where it is, not from the bundle. */
const outside = {
  name: 'outside',
  resolveId(id, importer, { kind }) {
    if (importer === undefined || !isCompiled(importer)) return null;
    if (!id.startsWith('.')) return PACKAGES.test(id) ? null : { id, external: true };
    const file = resolve(dirname(importer), id);
    const isCommand = kind === 'dynamic-import' && LOADS_COMMANDS.includes(importer);
    return isCommand && file !== SERVE_COMMAND
      ? { id: relative(bundled, file), external: true }
      : null;
  },
};

/** Makes each place that a module names by its own place right for the folder of the bundle. */
const places = {
  name: 'places',
  transform(code, module) {
    if (!isCompiled(module) || !code.includes('import.meta.url')) return null;
    const own = relative(bundled, module);
    return code
      .replaceAll(/new URL\('(\.[^']+)', import\.meta\.url\)/g, (_, place) => {
        const file = resolve(dirname(module), place);
        const target = ENTRIES.includes(file) ? `./${basename(file)}` : relative(bundled, file);
        return `new URL('${target}', /* bundled */ import.meta.url)`;
      })
      .replaceAll(
        /(?<!bundled \*\/ )import\.meta\.url/g,
        `new URL('${own}', import.meta.url).href`,
      );
  },
};

const bundle = await rolldown({
  cwd: root,
  input: ENTRIES,
  platform: 'node',
  // As Node resolves packages: without the condition `module` of bundlers.
  resolve: { conditionNames: ['node'] },
  makeAbsoluteExternalsRelative: false,
  plugins: [outside, places],
});
rmSync(unfinished, { recursive: true, force: true });
// Without hashes in the names, so that a service that runs meanwhile finds what it has not loaded yet.
await bundle.write({
  dir: unfinished,
  format: 'esm',
  entryFileNames: '[name].js',
  chunkFileNames: 'part-[name].js',
});
await bundle.close();
rmSync(old, { recursive: true, force: true });
if (existsSync(bundled)) renameSync(bundled, old);
renameSync(unfinished, bundled);
rmSync(old, { recursive: true, force: true });
