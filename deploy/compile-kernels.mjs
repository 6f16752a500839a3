// Compiles the kernels of src/inference/kernels for this machine, where it has a C compiler: onnxruntime computes
// without them, at half the speed. Plain JavaScript, because it runs before dist is compiled.
//   node deploy/compile-kernels.mjs FOLDER   puts kernels-<platform>-<architecture>.node into the folder, or a file
//   that ends with .absent, with the reason
import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { findCompiler, NO_COMPILER } from './c-compiler.mjs';

const SOURCES = fileURLToPath(new URL('../src/inference/kernels/c', import.meta.url));
const OPTIONS = ['-O3', '-std=gnu11', '-ffp-contract=fast', '-fPIC', '-fvisibility=hidden'];
/** Which instructions each file may use, by the architecture of the machine. */
const KERNELS = {
  x64: { 'kernels-avx512.c': ['-march=x86-64-v4'], 'kernels-avx2.c': ['-march=x86-64-v3'] },
  arm64: { 'kernels-neon.c': [] },
};
/** What a shared library may leave to the program that loads it. */
const LINK = { darwin: ['-undefined', 'dynamic_lookup'] };

const { platform, arch } = process;
const folder = process.argv[2];
const result = join(folder, `kernels-${platform}-${arch}`);
mkdirSync(folder, { recursive: true });
rmSync(`${result}.absent`, { force: true });
const work = mkdtempSync(join(folder, 'compiling-'));
try {
  const problem = compileAll();
  if (problem !== undefined) {
    // Those of earlier sources do not belong to the code.
    rmSync(`${result}.node`, { force: true });
    writeFileSync(`${result}.absent`, `${problem}\n`);
  }
} finally {
  rmSync(work, { recursive: true });
}

/** @returns what prevented it */
function compileAll() {
  const kernels = KERNELS[arch];
  if (kernels === undefined || platform === 'win32')
    return `there are none for ${platform}-${arch}`;
  const compiler = findCompiler();
  if (compiler === undefined) return NO_COMPILER;
  const headers = dirname(createRequire(import.meta.url).resolve('node-api-headers/package.json'));
  const options = [...OPTIONS, '-DNAPI_VERSION=8', `-I${join(headers, 'include')}`];
  const files = { ...kernels, 'network.c': [], 'threads.c': [], 'addon.c': [] };
  const objects = [];
  for (const [file, own] of Object.entries(files)) {
    const object = join(work, file.replace(/c$/, 'o'));
    const problem = run(compiler, [...options, ...own, '-c', join(SOURCES, file), '-o', object]);
    if (problem !== undefined) return problem;
    objects.push(object);
  }
  const module = join(work, 'kernels.node');
  const problem = run(compiler, [
    '-shared',
    ...(LINK[platform] ?? []),
    ...objects,
    '-o',
    module,
    ...['-lm', '-pthread'],
  ]);
  if (problem === undefined) renameSync(module, `${result}.node`);
  return problem;
}

function run(compiler, args) {
  const { status, stderr } = spawnSync(compiler, args, { encoding: 'utf8' });
  return status === 0 ? undefined : `${compiler} cannot compile the kernels:\n${stderr}`;
}
