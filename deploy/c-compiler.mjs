// Finds a C compiler for the kernels. Plain JavaScript, because it runs before dist is compiled.
import { spawnSync } from 'node:child_process';

/** Why there are no kernels on a machine without a compiler. */
export const NO_COMPILER = 'there is no C compiler';

/** @returns the command of the compiler: what `CC` names, or a usual one; undefined where there is none */
export function findCompiler() {
  return [process.env.CC, 'cc', 'gcc', 'clang'].find(
    (name) => name && spawnSync(name, ['--version'], { stdio: 'ignore' }).status === 0,
  );
}
