import { InputError } from '../../../src/errors.js';
import { findDataset, holdsNumbers, namesAttribute, readNumbers } from '../hdf5/find.js';
import type { Hdf5Dataset } from '../hdf5/nodes.js';
import type { Hdf5File } from '../hdf5/open-hdf5.js';

export type Cell = string | number | boolean;

/** Rows of a DynamicTable, by its ids. */
export async function readIds(file: Hdf5File, table: string): Promise<string[]> {
  const id = findDataset(file, `${table}/id`);
  if (!id) throw new InputError(`${table} has no ids; expected the column id`);
  return Array.from(await readNumbers(file, id), String);
}

/** Columns that have one value for each row, by their names. */
export function plainColumns(file: Hdf5File, table: string): Map<string, Hdf5Dataset> {
  const rows = findDataset(file, `${table}/id`)?.shape[0];
  return new Map(
    namesAttribute(file.find(table), 'colnames').flatMap((name) => {
      const column = findDataset(file, `${table}/${name}`);
      const isPlain =
        column?.shape.length === 1 &&
        column.shape[0] === rows &&
        column.problem === undefined &&
        (holdsNumbers(column) || column.element === 'string') &&
        !findDataset(file, `${table}/${name}_index`);
      return isPlain ? [[name, column] as const] : [];
    }),
  );
}

/** All values of a column that has one for each row. */
export async function readColumn(file: Hdf5File, column: Hdf5Dataset): Promise<Cell[]> {
  if (column.element === 'string') return await file.strings(column);
  const values = Array.from(await readNumbers(file, column));
  return column.element === 'b1' ? values.map((value) => value !== 0) : values;
}

/** A column with several values for each row. */
export interface RaggedColumn {
  readonly data: Hdf5Dataset;
  /** Where the values of a row begin and end in `data`. */
  range(row: number): readonly [first: number, end: number];
}

/**
 * A column with its index, which holds the end of each row.
 * @returns undefined where the table does not have it
 * @throws InputError where the index does not fit
 */
export async function openRagged(
  file: Hdf5File,
  table: string,
  name: string,
  rows: number,
): Promise<RaggedColumn | undefined> {
  const data = findDataset(file, `${table}/${name}`);
  const index = findDataset(file, `${table}/${name}_index`);
  if (!data || !index) return undefined;
  const ends = await readNumbers(file, index);
  const length = data.shape[0] ?? 0;
  const isAscending = ends.every((end, row) => end >= (ends[row - 1] ?? 0) && end <= length);
  if (ends.length !== rows || !isAscending) {
    throw new InputError(
      `${index.path} does not fit its table: ${ends.length} ends of ${length} values; expected ${rows}, ascending`,
    );
  }
  return { data, range: (row) => [ends[row - 1] ?? 0, ends[row]!] };
}
