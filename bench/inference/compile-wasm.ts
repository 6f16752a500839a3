import { execFile } from 'node:child_process';
import path from 'node:path';
import { promisify } from 'node:util';
import { messageOf } from '../../src/errors.js';

const SOURCES = path.resolve('src/inference/kernels/c');
const FILES = [
  path.resolve('bench/inference/wasm.c'),
  ...['network.c', 'threads.c'].map((name) => path.join(SOURCES, name)),
];
const OPTIONS = ['-O3', '-std=gnu11', '-ffp-contract=fast', '-mexec-model=reactor', '-s'];

/** The vectors that WebAssembly has, and what the compiler and Node take to use them. */
export const WASM_VECTORS = {
  wasm: { compiler: ['-msimd128'], node: [] },
  'wasm-relaxed': {
    compiler: ['-msimd128', '-mrelaxed-simd'],
    // Later ones need no option, and do not know this one.
    node: process.version.startsWith('v20.') ? ['--experimental-wasm-relaxed-simd'] : [],
  },
} as const;
export type WasmVectors = keyof typeof WASM_VECTORS;

export function isWasmVectors(name: string): name is WasmVectors {
  return Object.hasOwn(WASM_VECTORS, name);
}

/**
 * Compiles the kernels to WebAssembly, which takes a minute at first.
 * @param python that has the package ziglang
 * @returns the file; undefined, with the reason on stderr, where they cannot be compiled
 */
export async function compileWasm(
  python: string,
  vectors: WasmVectors,
  folder: string,
): Promise<string | undefined> {
  const file = path.join(folder, `${vectors}.wasm`);
  const compiler = ['-m', 'ziglang', 'cc', '-target', 'wasm32-wasi', `-I${SOURCES}`];
  const options = [...OPTIONS, ...WASM_VECTORS[vectors].compiler];
  try {
    await promisify(execFile)(python, [...compiler, ...options, ...FILES, '-o', file]);
    return file;
  } catch (error) {
    console.error(`no kernels as ${vectors}: ${reasonOf(python, error)}`);
    return undefined;
  }
}

/** Why there is no file, in one line. */
function reasonOf(python: string, error: unknown): string {
  // The command comes first where it was run at all.
  const [first, printed] = messageOf(error).split('\n');
  const reason = printed || first!;
  return /ENOENT|No module named ziglang/.test(reason)
    ? `${python} has no package ziglang; pip install ziglang, and name that Python as --zig`
    : reason;
}
