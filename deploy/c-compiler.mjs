// The kernels, and the C compiler for them. Plain JavaScript, because it runs before dist is compiled.
import { spawnSync } from 'node:child_process';

/** Modules of C: their folder, in the sources and in dist; the files for each kind of vectors, and the others. */
export const MODULES = [
  {
    folder: 'src/inference/kernels',
    name: 'kernels',
    vectors: 'kernels',
    files: ['network.c', 'threads.c', 'mailbox.c', 'addon.c'],
  },
  {
    folder: 'training/kernels',
    name: 'blocks',
    vectors: 'blocks',
    files: ['neurons.c', 'addon.c'],
  },
];

/** Why there are no kernels on a machine without a compiler. */
export const NO_COMPILER =
  'there is no C compiler; install gcc 11 or clang 12 or newer, then npm run build';

/** @returns the command of the compiler: what `CC` names, or a usual one; undefined where there is none */
export function findCompiler() {
  return [process.env.CC, 'cc', 'gcc', 'clang'].find(
    (name) => name && spawnSync(name, ['--version'], { stdio: 'ignore' }).status === 0,
  );
}
