/** Smaller values come from rounding in sums. */
const ROUNDING = 1e-12;

/** Formats a number with four digits. */
export function short(value: number): string {
  const size = Math.abs(value);
  if (size < ROUNDING) return '0';
  if (size >= 1e-4 && size < 1e5) return String(Number(value.toPrecision(4)));
  return value.toExponential(1);
}

/** Formats a duration in seconds. */
export function seconds(time: number): string {
  if (time < 1) return 'less than a second';
  if (time < 90) return `${Math.round(time)} s`;
  const minutes = time / 60;
  return minutes < 90 ? `${Math.round(minutes)} min` : `${Number((minutes / 60).toPrecision(2))} h`;
}

const AT: Readonly<Record<string, readonly [text: string, unit: string]>> = {
  orientation: ['', '°'],
  direction: ['direction ', '°'],
  spatialFrequency: ['', ' cycles/pixel'],
  contrast: ['Michelson contrast ', ''],
  diameter: ['diameter ', ' pixels'],
};

/** Describes a grating, such as `45°, 0.12 cycles/pixel`; x and y are pixels from the image centre. */
export function gratingLabel({ x, y, ...at }: Readonly<Record<string, number>>): string {
  const named = Object.entries(AT).flatMap(([name, [text, unit]]) => {
    const value = at[name];
    return value === undefined ? [] : [`${text}${short(value)}${unit}`];
  });
  const placed = x === undefined || y === undefined ? [] : [`around (${short(x)}, ${short(y)})`];
  return [...named, ...placed].join(', ');
}
