import { encodeCsv } from '../../formats/csv.js';
import { encodeNpy } from '../../formats/npy.js';

/** The numbers behind a plot, by the name of their column. */
export type Columns = Readonly<Record<string, readonly (number | string | null)[]>>;

/** An array behind a plot, such as an image, that is no table. */
export interface NumberArray {
  readonly data: Float32Array | Float64Array;
  readonly shape: readonly number[];
}

/** CSV with the names in the first line; undefined values are empty. */
export function csvOf(columns: Columns): string {
  const names = Object.keys(columns);
  const rows = Math.max(0, ...names.map((name) => columns[name]!.length));
  const values = Array.from({ length: rows }, (_, i) =>
    names.map((name) => columns[name]![i] ?? null),
  );
  return encodeCsv([names, ...values]);
}

/** The columns that hold numbers, as .npy of float64 `[rows, columns]`; NaN where undefined. */
export function npyOf(columns: Columns): Uint8Array<ArrayBuffer> {
  const numeric = Object.values(columns).filter((values) =>
    values.every((value) => typeof value !== 'string'),
  );
  const rows = Math.max(0, ...numeric.map(({ length }) => length));
  const data = new Float64Array(rows * numeric.length);
  for (const [column, values] of numeric.entries()) {
    for (let row = 0; row < rows; row++) {
      data[row * numeric.length + column] = Number(values[row] ?? Number.NaN);
    }
  }
  return encodeNpy(data, [rows, numeric.length]);
}
