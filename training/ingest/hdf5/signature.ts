import { type FileHandle, open, stat } from 'node:fs/promises';
import { InputError } from '../../../src/errors.js';

const SIGNATURE = Buffer.from('\x89HDF\r\n\x1a\n', 'latin1');
/** Bytes of a superblock that are read: enough of each version. */
const SUPERBLOCK = 64;

/** Where the data of an HDF5 file begin: at 0, or after a user block of 512, 1024, 2048, ... bytes. */
export interface Superblock {
  readonly offset: number;
  /** Bytes that the whole file has, by its own record; undefined where that is not known. */
  readonly end: number | undefined;
}

/** @returns undefined where a file is not HDF5, or is a folder */
export async function findSuperblock(place: string): Promise<Superblock | undefined> {
  if (!(await stat(place)).isFile()) return undefined;
  const file = await open(place);
  try {
    const { size } = await file.stat();
    for (let offset = 0; offset + SIGNATURE.length <= size; offset = Math.max(512, 2 * offset)) {
      const bytes = await readAt(file, offset);
      if (bytes.subarray(0, SIGNATURE.length).equals(SIGNATURE)) {
        return { offset, end: recordedEnd(bytes) };
      }
    }
    return undefined;
  } finally {
    await file.close();
  }
}

/** @throws InputError where the file is shorter than it says */
export async function rejectTruncated(place: string, { end }: Superblock): Promise<void> {
  const { size } = await stat(place);
  if (end === undefined || size >= end) return;
  throw new InputError(
    `${place} is truncated: ${size} bytes; expected ${end}: copy or download it again`,
  );
}

async function readAt(file: FileHandle, offset: number): Promise<Buffer> {
  const { buffer, bytesRead } = await file.read(Buffer.alloc(SUPERBLOCK), 0, SUPERBLOCK, offset);
  return buffer.subarray(0, bytesRead);
}

/** The end of the file as its superblock has it, for addresses of 8 bytes, which all current software writes. */
function recordedEnd(superblock: Buffer): number | undefined {
  const version = superblock[8];
  const isOld = version === 0 || version === 1;
  if (superblock[isOld ? 13 : 9] !== 8) return undefined;
  const place = version === 0 ? 40 : version === 1 ? 44 : 28;
  if (superblock.length < place + 8) return undefined;
  return Number(superblock.readBigUInt64LE(place));
}
