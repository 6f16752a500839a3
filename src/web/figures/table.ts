import { encodeCsv } from '../../formats/csv.js';
import { encodeNpy } from '../../formats/npy.js';

/** The numbers of a plot, by column name. */
export type Columns = Readonly<Record<string, readonly (number | string | null)[]>>;

/** The array of a plot that is not a table, such as an image. */
export interface NumberArray {
  readonly data: Float32Array | Float64Array;
  readonly shape: readonly number[];
}

/** Encodes columns as CSV. The first line has the names; undefined values are empty. */
export function encodeColumnsCsv(columns: Columns): string {
  const names = Object.keys(columns);
  const rows = Math.max(0, ...names.map((name) => columns[name]!.length));
  const values = Array.from({ length: rows }, (_, i) =>
    names.map((name) => columns[name]![i] ?? null),
  );
  return encodeCsv([names, ...values]);
}

/** Encodes the numeric columns as .npy of float64 `[rows, columns]`; undefined values are NaN. */
export function encodeColumnsNpy(columns: Columns): Uint8Array<ArrayBuffer> {
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
