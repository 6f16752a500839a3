import type { FileHandle } from 'node:fs/promises';
import { InputError } from '../../../src/errors.js';

/** Bytes that are read a part at a time. */
export interface Bytes {
  readonly length: number;
  /** @throws InputError beyond the end */
  read(at: number, length: number): Promise<Buffer>;
}

/** Node reads at most 2 GiB at a time. */
const MAX_READ = 2 ** 30;

export function bytesOfFile(handle: FileHandle, size: number): Bytes {
  return {
    length: size,
    async read(at, length) {
      checkEnd(at, length, size);
      const buffer = Buffer.alloc(length);
      for (let done = 0; done < length; ) {
        const { bytesRead } = await handle.read(
          buffer,
          done,
          Math.min(MAX_READ, length - done),
          at + done,
        );
        if (bytesRead === 0) throw cutOff();
        done += bytesRead;
      }
      return buffer;
    },
  };
}

export function bytesOfBuffer(buffer: Buffer): Bytes {
  return {
    length: buffer.length,
    async read(at, length) {
      checkEnd(at, length, buffer.length);
      return buffer.subarray(at, at + length);
    },
  };
}

export function cutOff(): InputError {
  return new InputError('it is cut off or damaged: it ends within an array; expected a whole file');
}

function checkEnd(at: number, length: number, size: number): void {
  if (at + length > size) throw cutOff();
}
