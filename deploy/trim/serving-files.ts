import { existsSync, readdirSync } from 'node:fs';
import path from 'node:path';
import { rolldown } from 'rolldown';
import { InputError } from '../../src/errors.js';
import { filesIn, OPTIONAL_PARTS, type OptionalPart, PARTS } from './parts.js';

/** Packages for preparing a checkout; a copy does not need them. */
const CHECKOUT_ONLY = ['dist/deploy/trim', 'dist/deploy/setup-command.js'];

const LICENSE = /^(licen[cs]e|notice|copying|third.?party)/i;

/**
 * Lists the files of a built checkout that serving reads: the modules that dist/src imports, found by a bundler,
 * the native code and data that these load, and the license of each package.
 * @param root folder with dist/ and node_modules/
 * @param chosen optional parts to include
 * @returns paths in `root`, sorted
 * @throws InputError if a part is not installed or not built
 */
export async function listServingFiles(
  root: string,
  chosen: readonly OptionalPart[],
): Promise<string[]> {
  const page = filesIn(root, 'dist/page');
  if (page.length === 0) throw new InputError('the page is not built: run npm run build first');
  const modules = await traceModules(root, entryPoints(root, chosen), leftOut(root, chosen));
  const data = (['service', ...chosen] as const).flatMap((part) => listData(root, part));
  const packaged = [...modules, ...data].filter((file) => file.startsWith('node_modules'));
  const kernels = filesIn(root, 'dist/src/inference/kernels').filter((file) =>
    file.endsWith('.node'),
  );
  const bundled = filesIn(root, 'dist/bundled');
  if (bundled.length === 0) throw new InputError('nothing is bundled: run npm run build first');
  const files = new Set([
    'package.json',
    ...page,
    ...kernels,
    ...bundled,
    ...filesIn(root, 'dist/guide'),
    ...modules,
    ...data,
    ...packaged.flatMap((file) => manifestsAbove(root, file)),
    ...[...new Set(packaged.map(findPackage))].flatMap((folder) => licensesIn(root, folder)),
  ]);
  return [...files].sort();
}

function entryPoints(root: string, chosen: readonly OptionalPart[]): string[] {
  const compiled = (folder: string) => filesIn(root, folder).filter((file) => file.endsWith('.js'));
  const source = compiled('dist/src');
  if (source.length === 0) throw new InputError('nothing is compiled: run npm run build first');
  const folders = chosen.flatMap((part) => PARTS[part].folders ?? []);
  return [...source, ...folders.flatMap(compiled)];
}

/** Packages, and absolute paths of compiled files or folders, that a copy omits. */
function leftOut(root: string, chosen: readonly OptionalPart[]): string[] {
  const parts = OPTIONAL_PARTS.filter((part) => !chosen.includes(part)).map((part) => PARTS[part]);
  const compiled = [...CHECKOUT_ONLY, ...parts.flatMap(({ folders = [] }) => folders)];
  return [
    ...parts.flatMap(({ packages }) => packages),
    ...compiled.map((name) => path.join(root, name)),
  ];
}

/** Follows imports from the entry points, except into omitted parts. */
async function traceModules(
  root: string,
  entries: readonly string[],
  excluded: readonly string[],
): Promise<string[]> {
  const found = new Set<string>();
  const bundle = await rolldown({
    cwd: root,
    input: entries.map((file) => path.join(root, file)),
    platform: 'node',
    // As Node resolves packages: without the condition `module` of bundlers.
    resolve: { conditionNames: ['node'] },
    treeshake: false,
    logLevel: 'silent',
    external: (id) => excluded.some((name) => id === name || id.startsWith(`${name}/`)),
    plugins: [
      {
        name: 'trace',
        load(id) {
          if (!path.isAbsolute(id)) return null;
          found.add(path.relative(root, id));
          // Native code is copied without parsing.
          return /\.([cm]?js|json)$/.test(id) ? null : '';
        },
      },
    ],
  });
  try {
    await bundle.generate({ format: 'esm' });
  } finally {
    await bundle.close();
  }
  return [...found];
}

function listData(root: string, part: keyof typeof PARTS): string[] {
  const { data, setup } = PARTS[part];
  if (data === undefined) return [];
  const files = data(path.join(root, 'node_modules')).map((file) =>
    path.join('node_modules', file),
  );
  const missing = files.find((file) => !existsSync(path.join(root, file)));
  if (files.length > 0 && missing === undefined) return files;
  const what = missing ?? `the native part of ${part}`;
  throw new InputError(`${what} is not installed here; run ${setup} first`);
}

/** @returns the folder of the package that a file of node_modules belongs to */
function findPackage(file: string): string {
  const parts = file.split(path.sep);
  const modules = parts.lastIndexOf('node_modules');
  const isScoped = parts[modules + 1]?.startsWith('@') === true;
  return parts.slice(0, modules + (isScoped ? 3 : 2)).join(path.sep);
}

/** Node reads the type of a module and the exports of a package from these. */
function manifestsAbove(root: string, file: string): string[] {
  const found: string[] = [];
  const top = path.dirname(findPackage(file));
  for (let folder = path.dirname(file); folder !== top; folder = path.dirname(folder)) {
    const manifest = path.join(folder, 'package.json');
    if (existsSync(path.join(root, manifest))) found.push(manifest);
  }
  return found;
}

function licensesIn(root: string, folder: string): string[] {
  return readdirSync(path.join(root, folder))
    .filter((name) => LICENSE.test(name))
    .map((name) => path.join(folder, name));
}
