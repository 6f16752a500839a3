import { closeSync, existsSync, fstatSync, openSync, readSync } from 'node:fs';
import { createRequire } from 'node:module';

/**
 * Loads a compiled module of Node.
 * @param file such as `kernels-linux-x64.node`
 * @returns what it offers; undefined where the file is missing, is cut off, or was compiled for another system
 */
export function loadNativeAddon(file: string): unknown {
  if (!existsSync(file) || isCutOff(file)) return undefined;
  try {
    return createRequire(import.meta.url)(file);
  } catch (error) {
    // Such as for the C library of another Linux.
    if (error instanceof Error && 'code' in error && error.code === 'ERR_DLOPEN_FAILED') return;
    throw error;
  }
}

/** The first bytes of a 64-bit, little-endian file of ELF, the format of Linux. */
const ELF = Buffer.from([0x7f, 0x45, 0x4c, 0x46, 2, 1]);
const ELF_HEADER = 64;

/** Whether the table at the end of a file of ELF is missing. The system would kill the process that loads it. */
function isCutOff(file: string): boolean {
  const opened = openSync(file, 'r');
  try {
    const header = Buffer.alloc(ELF_HEADER);
    readSync(opened, header);
    if (!header.subarray(0, ELF.length).equals(ELF)) return false;
    const [entryBytes, entries] = [header.readUInt16LE(0x3a), header.readUInt16LE(0x3c)];
    return fstatSync(opened).size < Number(header.readBigUInt64LE(0x28)) + entryBytes * entries;
  } finally {
    closeSync(opened);
  }
}
