import { type BasicType, parquetWriteBuffer } from 'hyparquet-writer';
import type { Column, Table } from '../export/tables.js';

/**
 * Encodes a table as a Parquet file. A number that there is not is null; the numbers of a row that follow each other
 * become columns of their own.
 */
export function encodeParquet({ rows, columns }: Table): Uint8Array {
  const columnData = columns.flatMap((column) =>
    (column.parts ?? [column.name]).map((name, part) => ({
      name,
      data: listValues(column, part, rows),
      type: typeOf(column),
    })),
  );
  return new Uint8Array(parquetWriteBuffer({ columnData }));
}

function listValues({ values, parts }: Column, part: number, rows: number): unknown[] {
  const width = parts?.length ?? 1;
  return Array.from({ length: rows }, (_, row) => {
    const value = values[row * width + part]!;
    return Number.isNaN(value) ? null : value;
  });
}

function typeOf({ values }: Column): BasicType {
  if (values instanceof Int32Array) return 'INT32';
  if (values instanceof Float32Array) return 'FLOAT';
  return values instanceof Float64Array ? 'DOUBLE' : 'STRING';
}
