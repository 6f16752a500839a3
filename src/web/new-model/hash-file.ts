import { sha256 } from '@noble/hashes/sha2.js';
import { bytesToHex } from '@noble/hashes/utils.js';

/** Bytes that are hashed at once: the page stays responsive between two steps. */
const STEP_BYTES = 4 * 2 ** 20;

/**
 * Computes the SHA-256 of a file in steps. The browser's own needs the whole file in memory, and https.
 * @param onBytes called with the number of bytes of each step
 * @returns 64 hexadecimal digits
 * @throws Error if the file cannot be read, or the signal's reason
 * @example
 * await hashFile(new File(['abc'], 'a.txt'), () => {}, signal); // 'ba7816bf…'
 */
export async function hashFile(
  file: File,
  onBytes: (bytes: number) => void,
  signal: AbortSignal,
): Promise<string> {
  const hash = sha256.create();
  for (let start = 0; start < file.size; start += STEP_BYTES) {
    signal.throwIfAborted();
    const piece = await file
      .slice(start, start + STEP_BYTES)
      .arrayBuffer()
      .catch(() => {
        throw new Error(
          `${file.name} cannot be read: it is a folder, or it has changed; expected a file. ` +
            'Send a folder as one zip file.',
        );
      });
    hash.update(new Uint8Array(piece));
    onBytes(piece.byteLength);
  }
  return bytesToHex(hash.digest());
}
