import { open } from 'node:fs/promises';
import { InputError } from '../../src/errors.js';

/** Reads the first bytes of a file: `length`, or fewer of a short file, none of a folder. */
export async function readHead(file: string, length: number): Promise<Buffer> {
  const handle = await open(file);
  try {
    if ((await handle.stat()).isDirectory()) return Buffer.alloc(0);
    const { buffer, bytesRead } = await handle.read(Buffer.alloc(length), { position: 0 });
    return buffer.subarray(0, bytesRead);
  } finally {
    await handle.close();
  }
}

/** Does some work with a file, whose name then begins the message of an InputError. */
export async function naming<Result>(file: string, work: () => Promise<Result>): Promise<Result> {
  try {
    return await work();
  } catch (error) {
    if (!(error instanceof InputError) || error.message.startsWith(`${file}: `)) throw error;
    throw new InputError(`${file}: ${error.message}`, error.problems, { cause: error });
  }
}
