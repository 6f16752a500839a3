/** A number to read, of three digits. */
export function short(value: number): string {
  if (value === 0) return '0';
  const size = Math.abs(value);
  if (size >= 1e-4 && size < 1e5) return String(Number(value.toPrecision(3)));
  return value.toExponential(1);
}

/** A stretch of time to read. */
export function seconds(time: number): string {
  if (time < 1) return 'less than a second';
  if (time < 90) return `${Math.round(time)} s`;
  const minutes = time / 60;
  return minutes < 90 ? `${Math.round(minutes)} min` : `${short(minutes / 60)} h`;
}
