// Compiles the kernels for this machine, where it has a C compiler: those that compute responses, and those that
// train. Without them onnxruntime and tfjs compute, at half the speed or less. Plain JavaScript, because it runs before
// dist is compiled.
//   node deploy/compile-kernels.mjs FOLDER   puts <name>-<platform>-<architecture>.node into the folders that
//   MODULES names below FOLDER, or a file that ends with .absent, with the reason, which it also prints
import { execFile } from 'node:child_process';
import { mkdirSync, mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { findCompiler, MODULES, NO_COMPILER } from './c-compiler.mjs';

const ROOT = fileURLToPath(new URL('..', import.meta.url));
/** Headers that both use. */
const SHARED = join(ROOT, 'src/inference/kernels/c');
const OPTIONS = ['-O3', '-std=gnu11', '-ffp-contract=fast', '-fPIC', '-fvisibility=hidden'];
/** Instructions that a file may use, by the architecture of the machine. */
const VECTORS = {
  x64: { avx512: ['-march=x86-64-v4'], avx2: ['-march=x86-64-v3'] },
  arm64: { neon: [] },
};
/** What a shared library may leave to the program that loads it. */
const LINK = { darwin: ['-undefined', 'dynamic_lookup'] };

const { platform, arch } = process;
const execute = promisify(execFile);
const compiler = findCompiler();
const { CC } = process.env;
if (CC && compiler !== undefined && compiler !== CC) {
  console.error(`CC=${CC} cannot be run; ${compiler} compiles instead`);
}
const problems = await Promise.all(MODULES.map(compileModule));
for (const problem of new Set(problems)) {
  if (problem !== undefined) console.error(`no kernels: ${problem.trim()}`);
}

/** @returns what prevented it */
async function compileModule({ folder, name, vectors, files }) {
  const target = join(process.argv[2], folder);
  const result = join(target, `${name}-${platform}-${arch}`);
  mkdirSync(target, { recursive: true });
  rmSync(`${result}.absent`, { force: true });
  const work = mkdtempSync(join(target, 'compiling-'));
  try {
    const problem = await compile(join(ROOT, folder, 'c'), vectors, files, work, `${result}.node`);
    if (problem !== undefined) {
      // Those of earlier sources do not belong to the code.
      rmSync(`${result}.node`, { force: true });
      writeFileSync(`${result}.absent`, `${problem}\n`);
    }
    return problem;
  } finally {
    rmSync(work, { recursive: true });
  }
}

/** @returns what prevented it */
async function compile(sources, vectors, files, work, result) {
  const kinds = VECTORS[arch];
  if (kinds === undefined || platform === 'win32') return `there are none for ${platform}-${arch}`;
  if (compiler === undefined) return NO_COMPILER;
  const headers = dirname(createRequire(import.meta.url).resolve('node-api-headers/package.json'));
  const options = [...OPTIONS, '-DNAPI_VERSION=8', `-I${SHARED}`, `-I${join(headers, 'include')}`];
  const own = Object.entries(kinds).map(([kind, more]) => [`${vectors}-${kind}.c`, more]);
  const objects = [];
  for (const [file, more] of [...own, ...files.map((name) => [name, []])]) {
    const object = join(work, file.replace(/c$/, 'o'));
    const place = ['-c', join(sources, file), '-o', object];
    const problem = await run(compiler, [...options, ...more, ...place]);
    if (problem !== undefined) return problem;
    objects.push(object);
  }
  const module = join(work, 'kernels.node');
  const problem = await run(compiler, [
    '-shared',
    ...(LINK[platform] ?? []),
    ...objects,
    '-o',
    module,
    ...['-lm', '-pthread'],
  ]);
  if (problem === undefined) renameSync(module, result);
  return problem;
}

async function run(compiler, args) {
  try {
    await execute(compiler, args);
    return undefined;
  } catch ({ stderr }) {
    return `${compiler} cannot compile the kernels:\n${stderr}`;
  }
}
