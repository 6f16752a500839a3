import { createHash } from 'node:crypto';
import { open } from 'node:fs/promises';
import { elementCount, encodeNpyHeader, type NpyData } from '../../src/formats/npy.js';

/** Writes an array to a .npy file, some rows at a time. */
export interface NpyWriter {
  /** Adds whole rows, of the type of the first ones. */
  append(rows: NpyData): Promise<void>;
  /**
   * @returns the SHA-256 of the file, in hex
   * @throws Error where there are more or fewer elements than the shape has
   */
  finish(): Promise<string>;
  /** Closes the file, whether it is whole or not. */
  close(): Promise<void>;
}

/**
 * @param file must not exist
 * @param empty no elements, of the type of the rows
 * @param shape of the whole array
 */
export async function createNpyWriter(
  file: string,
  empty: NpyData,
  shape: readonly number[],
): Promise<NpyWriter> {
  const header = encodeNpyHeader(empty, shape);
  const hash = createHash('sha256').update(header);
  const handle = await open(file, 'wx');
  await handle.writeFile(header);
  let elements = 0;
  return {
    async append(rows) {
      if (rows.constructor !== empty.constructor) {
        throw new Error(`rows of ${rows.constructor.name} follow ${empty.constructor.name}`);
      }
      const bytes = new Uint8Array(rows.buffer, rows.byteOffset, rows.byteLength);
      hash.update(bytes);
      await handle.writeFile(bytes);
      elements += rows.length;
    },
    async finish() {
      if (elements !== elementCount(shape)) {
        throw new Error(`${elements} elements do not fill the shape (${shape.join(', ')})`);
      }
      await handle.sync();
      return hash.digest('hex');
    },
    close: () => handle.close(),
  };
}
