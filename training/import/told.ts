import { InputError } from '../../src/errors.js';

/** Runs something; what is wrong with an input is told with its subject in front. */
export async function toldOf<T>(subject: string, run: () => T | Promise<T>): Promise<T> {
  try {
    return await run();
  } catch (error) {
    if (!(error instanceof InputError)) throw error;
    throw new InputError(`${subject} ${error.message}`, error.problems, { cause: error });
  }
}
