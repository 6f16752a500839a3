import { type Entry, fromBufferPromise } from 'yauzl';
import { InputError, messageOf } from '../../src/errors.js';

/** The files in a zip archive, by name; each is checked when it is read. */
export type Archive = ReadonlyMap<string, () => Uint8Array>;

/** A checkpoint holds some dozens. */
const MAX_FILES = 10_000;

/** An entry, and where its bytes begin in the archive. */
interface Located {
  readonly entry: Entry;
  readonly start: number;
}

/**
 * Opens a zip archive whose files are stored as they are, as PyTorch stores them: so nothing read
 * from it is larger than the archive.
 * @throws InputError when it is damaged; a file in it, when it is read: when it is compressed,
 *   encrypted, or its CRC-32 does not hold
 */
export async function openArchive(bytes: Uint8Array): Promise<Archive> {
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const located = await locateEntries(buffer).catch((cause: unknown) => {
    const reason = messageOf(cause);
    throw new InputError(
      `it is truncated or corrupted, its zip archive cannot be read: ${reason}`,
      [],
      {
        cause,
      },
    );
  });
  const files = new Map<string, () => Uint8Array>();
  for (const { entry, start } of located) {
    if (files.has(entry.fileName)) throw new InputError(`it holds '${entry.fileName}' twice`);
    files.set(entry.fileName, () => readStored(buffer, entry, start));
  }
  return files;
}

/** Reads the central directory; what it says is checked against the archive's size. */
async function locateEntries(buffer: Buffer): Promise<Located[]> {
  const zip = await fromBufferPromise(buffer);
  if (zip.entryCount > MAX_FILES) throw new Error(`it says that it holds ${zip.entryCount} files`);
  const located: Located[] = [];
  for await (const entry of zip.eachEntry()) {
    const { fileDataStart } = await zip.readLocalFileHeaderPromise(entry, { minimal: true });
    located.push({ entry, start: fileDataStart });
  }
  return located;
}

function readStored(buffer: Buffer, entry: Entry, start: number): Uint8Array {
  const { fileName, compressionMethod, compressedSize, crc32: expected } = entry;
  if (compressionMethod !== 0 || entry.isEncrypted()) {
    throw new InputError(
      `'${fileName}' in it is compressed or encrypted, which PyTorch's files are not; ` +
        'save it again with torch.save',
    );
  }
  const bytes = buffer.subarray(start, start + compressedSize);
  // 0 is written by torch.serialization.set_crc32_options(False), which leaves the sums out
  if (expected !== 0 && crc32(bytes) !== expected) {
    throw new InputError(`'${fileName}' in it is damaged: its CRC-32 does not hold`);
  }
  return bytes;
}

const REMAINDERS = Uint32Array.from({ length: 256 }, (_, byte) => {
  let remainder = byte;
  for (let bit = 0; bit < 8; bit++) {
    remainder = remainder & 1 ? (remainder >>> 1) ^ 0xedb88320 : remainder >>> 1;
  }
  return remainder;
});

/** The check sum of zip (polynomial 0xedb88320, reflected); zlib.crc32 came with Node 20.15. */
export function crc32(bytes: Uint8Array): number {
  let sum = 0xffffffff;
  for (const byte of bytes) sum = REMAINDERS[(sum ^ byte) & 0xff]! ^ (sum >>> 8);
  return (sum ^ 0xffffffff) >>> 0;
}
