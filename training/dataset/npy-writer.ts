import { createHash } from 'node:crypto';
import { open } from 'node:fs/promises';
import { encodeNpyHeader, type NpyData } from '../../src/formats/npy.js';

/** Writes an array to a .npy file, some rows at a time. */
export interface NpyWriter {
  /** Adds whole rows, of the type of the first ones. */
  append(rows: NpyData): Promise<void>;
  /** @returns the SHA-256 of the file, in hex */
  close(): Promise<string>;
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
  return {
    async append(rows) {
      const bytes = new Uint8Array(rows.buffer, rows.byteOffset, rows.byteLength);
      hash.update(bytes);
      await handle.writeFile(bytes);
    },
    async close() {
      await handle.sync();
      await handle.close();
      return hash.digest('hex');
    },
  };
}
