import { createHash } from 'node:crypto';
import type { FileHandle } from 'node:fs/promises';
import { pipeline } from 'node:stream/promises';
import { InputError } from '../../src/errors.js';
import { openFile } from '../../src/files/whole-file.js';
import {
  decodeNpyHeader,
  elementCount,
  NPY_HEADER_BYTES,
  type NpyHeader,
} from '../../src/formats/npy.js';
import {
  decodeElements,
  type ElementValues,
  STORED_BYTES,
  type StoredElement,
} from '../../src/formats/npy-elements.js';

/** A .npy file of which some rows are read at a time, or, in Fortran order, all together. */
export interface RowFile {
  readonly stored: StoredElement;
  readonly shape: readonly number[];
  /** Rows `indices` of the first axis, one after the other. */
  rows(indices: ArrayLike<number>): Promise<ElementValues>;
  close(): Promise<void>;
}

/** Bytes of a file in Fortran order that are read at a time. */
const BLOCK_BYTES = 16 * 2 ** 20;

/** Elements that are moved, not read, by their size in bytes. */
const WORDS = { 1: Uint8Array, 2: Uint16Array, 4: Uint32Array, 8: Float64Array } as const;

/**
 * Opens a .npy file for reading rows.
 * @throws InputError naming the file when it is missing, not .npy, or not of its header's length
 */
export async function openRowFile(file: string): Promise<RowFile> {
  const handle = await openFile(file).catch((cause: unknown) => {
    if (cause instanceof InputError) throw cause;
    throw new InputError(`${file} cannot be read: is it there?`, [], { cause });
  });
  try {
    const header = await readHeader(handle);
    return header.fortranOrder ? await readColumns(handle, header) : openRows(file, handle, header);
  } catch (error) {
    await handle.close();
    if (!(error instanceof InputError)) throw error;
    throw new InputError(`${file}: ${error.message}`, error.problems, { cause: error });
  }
}

/** sha256 of a file, in hex. */
export async function digestOfFile(file: string): Promise<string> {
  const hash = createHash('sha256');
  await pipeline((await openFile(file)).createReadStream(), hash);
  return hash.digest('hex');
}

async function readHeader(handle: FileHandle): Promise<NpyHeader> {
  const { buffer, bytesRead } = await handle.read(Buffer.alloc(NPY_HEADER_BYTES), {
    position: 0,
  });
  const header = decodeNpyHeader(buffer.subarray(0, bytesRead));
  const needed = elementCount(header.shape) * STORED_BYTES[header.stored];
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
  const { stored, bigEndian, shape, dataOffset } = header;
  const size = elementCount(shape.slice(1)) * STORED_BYTES[stored];
  return {
    stored,
    shape,
    async rows(indices) {
      const bytes = new Uint8Array(indices.length * size);
      const reads = Array.from(indices, async (row, i) => {
        const { bytesRead } = await handle.read(bytes, i * size, size, dataOffset + row * size);
        if (bytesRead !== size) throw new InputError(`${file} ends before its row ${row}`);
      });
      await Promise.all(reads);
      return decodeElements(bytes, stored, bigEndian);
    },
    close: () => handle.close(),
  };
}

/** In Fortran order a column, one element of every row, is stored together: all rows are made together. */
async function readColumns(handle: FileHandle, header: NpyHeader): Promise<RowFile> {
  const { stored, bigEndian, shape, dataOffset } = header;
  const [count = 1, ...rowShape] = shape;
  const width = elementCount(rowShape);
  const size = width * STORED_BYTES[stored];
  const Words = WORDS[STORED_BYTES[stored]];
  const rows = new Words(count * width);
  const perBlock = Math.max(1, Math.floor(BLOCK_BYTES / (count * Words.BYTES_PER_ELEMENT)));
  for (let first = 0; first < width; first += perBlock) {
    const columns = Math.min(perBlock, width - first);
    const block = new Words(columns * count);
    const position = dataOffset + first * count * Words.BYTES_PER_ELEMENT;
    await readFully(handle, new Uint8Array(block.buffer), position);
    for (let column = 0; column < columns; column++) {
      const place = rowMajorIndex(first + column, rowShape);
      for (let row = 0; row < count; row++)
        rows[row * width + place] = block[column * count + row]!;
    }
  }
  await handle.close();
  const bytes = new Uint8Array(rows.buffer);
  return {
    stored,
    shape,
    async rows(indices) {
      const chosen = new Uint8Array(indices.length * size);
      for (let i = 0; i < indices.length; i++) {
        chosen.set(bytes.subarray(indices[i]! * size, (indices[i]! + 1) * size), i * size);
      }
      return decodeElements(chosen, stored, bigEndian);
    },
    close: async () => undefined,
  };
}

async function readFully(handle: FileHandle, into: Uint8Array, position: number): Promise<void> {
  let done = 0;
  while (done < into.length) {
    const { bytesRead } = await handle.read(into, done, into.length - done, position + done);
    if (bytesRead === 0) throw new InputError('it became shorter while it was read');
    done += bytesRead;
  }
}

/** The row-major index of the element at a column-major index. */
function rowMajorIndex(columnMajor: number, shape: readonly number[]): number {
  let [rest, index] = [columnMajor, 0];
  for (const length of shape) {
    index = index * length + (rest % length);
    rest = Math.floor(rest / length);
  }
  return index;
}
