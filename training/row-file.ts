import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { type FileHandle, open } from 'node:fs/promises';
import { pipeline } from 'node:stream/promises';
import {
  bytesPerElement,
  decodeNpy,
  decodeNpyHeader,
  elementCount,
  NPY_HEADER_BYTES,
  type NpyElement,
  type NpyHeader,
} from '../src/formats/npy.js';
import { InputError } from '../src/input-error.js';

/** A .npy file of which some rows are read at a time, or, in Fortran order, all at once. */
export interface RowFile {
  readonly element: NpyElement;
  readonly shape: readonly number[];
  /** Rows `indices` of the first axis, one after the other, as the bytes of their elements. */
  rows(indices: ArrayLike<number>): Promise<Uint8Array<ArrayBuffer>>;
  close(): Promise<void>;
}

/**
 * Opens a .npy file for reading rows.
 * @throws InputError naming the file when it is missing, not .npy, or not of its header's length
 */
export async function openRowFile(file: string): Promise<RowFile> {
  const handle = await open(file).catch((cause: unknown) => {
    throw new InputError(`${file} cannot be read: is it there?`, [], { cause });
  });
  try {
    const header = await readHeader(handle);
    return header.fortranOrder ? await readWhole(handle) : openRows(file, handle, header);
  } catch (error) {
    await handle.close();
    if (!(error instanceof InputError)) throw error;
    throw new InputError(`${file}: ${error.message}`, error.problems, { cause: error });
  }
}

/** sha256 of a file, in hex. */
export async function digestOfFile(file: string): Promise<string> {
  const hash = createHash('sha256');
  await pipeline(createReadStream(file), hash);
  return hash.digest('hex');
}

async function readHeader(handle: FileHandle): Promise<NpyHeader> {
  const { buffer, bytesRead } = await handle.read(Buffer.alloc(NPY_HEADER_BYTES), {
    position: 0,
  });
  const header = decodeNpyHeader(buffer.subarray(0, bytesRead));
  const needed = elementCount(header.shape) * bytesPerElement(header.element);
  const present = (await handle.stat()).size - header.dataOffset;
  if (present !== needed) {
    throw new InputError(
      `it is ${present < needed ? 'cut off' : 'too long'}: its shape (${header.shape.join(', ')}) ` +
        `needs ${needed} bytes of data, ${present} are there`,
    );
  }
  return header;
}

function openRows(file: string, handle: FileHandle, header: NpyHeader): RowFile {
  const { element, shape, dataOffset } = header;
  const size = elementCount(shape.slice(1)) * bytesPerElement(element);
  return {
    element,
    shape,
    async rows(indices) {
      const bytes = new Uint8Array(indices.length * size);
      const reads = Array.from(indices, async (row, i) => {
        const { bytesRead } = await handle.read(bytes, i * size, size, dataOffset + row * size);
        if (bytesRead !== size) throw new InputError(`${file} ends before its row ${row}`);
      });
      await Promise.all(reads);
      return bytes;
    },
    close: () => handle.close(),
  };
}

async function readWhole(handle: FileHandle): Promise<RowFile> {
  const { element, shape, data } = decodeNpy(await handle.readFile());
  await handle.close();
  const whole = new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
  const size = elementCount(shape.slice(1)) * bytesPerElement(element);
  return {
    element,
    shape,
    async rows(indices) {
      const bytes = new Uint8Array(indices.length * size);
      for (let i = 0; i < indices.length; i++) {
        bytes.set(whole.subarray(indices[i]! * size, (indices[i]! + 1) * size), i * size);
      }
      return bytes;
    },
    close: async () => undefined,
  };
}
