import { renameSync, writeFileSync } from 'node:fs';

/**
 * Puts a text in the place of a file, whole or not at all, before this returns. A text that cannot be written is left
 * out: no training ends because what others read of it is not on the disk.
 */
export function replaceFile(file: string, text: string): void {
  const temporary = `${file}.writing`;
  try {
    writeFileSync(temporary, text);
    renameSync(temporary, file);
  } catch {
    // The disk may be full or away for a moment.
  }
}
