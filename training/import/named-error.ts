import { InputError } from '../../src/errors.js';

/** Runs something; the message of an InputError begins with the subject. */
export async function withSubject<T>(subject: string, run: () => T | Promise<T>): Promise<T> {
  try {
    return await run();
  } catch (error) {
    if (!(error instanceof InputError)) throw error;
    throw new InputError(`${subject} ${error.message}`, error.problems, { cause: error });
  }
}
