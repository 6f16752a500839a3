const UNITS = ['bytes', 'kB', 'MB', 'GB', 'TB'] as const;

/** The unit in which a number of bytes is easy to read, and the bytes of one. */
export function byteUnit(bytes: number): { readonly unit: string; readonly size: number } {
  const power = bytes < 1 ? 0 : Math.min(UNITS.length - 1, Math.floor(Math.log10(bytes) / 3));
  return { unit: UNITS[power]!, size: 1000 ** power };
}

/**
 * Formats a number of bytes, in powers of 1000.
 * @example
 * formatBytes(12_345_678); // '12.3 MB'
 */
export function formatBytes(bytes: number): string {
  const { unit, size } = byteUnit(bytes);
  return `${size === 1 ? bytes : (bytes / size).toPrecision(3)} ${unit}`;
}
