/** What is no more than the rounding of a sum. */
const ROUNDING = 1e-12;

/** A number to read, of four digits. */
export function short(value: number): string {
  const size = Math.abs(value);
  if (size < ROUNDING) return '0';
  if (size >= 1e-4 && size < 1e5) return String(Number(value.toPrecision(4)));
  return value.toExponential(1);
}

/** A stretch of time to read. */
export function seconds(time: number): string {
  if (time < 1) return 'less than a second';
  if (time < 90) return `${Math.round(time)} s`;
  const minutes = time / 60;
  return minutes < 90 ? `${Math.round(minutes)} min` : `${short(minutes / 60)} h`;
}
