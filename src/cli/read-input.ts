import { readFile } from 'node:fs/promises';
import { InputError } from '../errors.js';

/**
 * Reads the file that an option names.
 * @param option such as `--stimuli`
 * @throws InputError where there is no such file
 */
export async function readInput(option: string, file: string): Promise<Buffer> {
  try {
    return await readFile(file);
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === 'ENOENT')) throw error;
    throw new InputError(`${option} ${file}: there is no such file`, [], { cause: error });
  }
}
