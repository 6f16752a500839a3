import { readFile } from 'node:fs/promises';
import { InputError, messageOf } from '../../../src/errors.js';
import { decodeCsv } from '../../../src/formats/csv.js';
import { naming, readHead } from '../read-file.js';

export type Cell = string | number | bigint | boolean | null;

/** A table of columns with names. */
export interface Table {
  readonly columns: readonly string[];
  readonly rows: number;
  /** One cell for each row; null where it is missing. */
  column(name: string): Promise<readonly Cell[]>;
}

/** Bytes in which the names of the columns of a CSV file are looked for. */
const HEAD_BYTES = 2 ** 16;
/** The longest text that a string of Node holds is a little longer. */
const MAX_CSV_BYTES = 2 ** 28;
const SEPARATORS = [',', '\t', ';'];
/** How programs write a missing cell. */
const MISSING = new Set(['', 'NA', 'N/A', 'null', 'NULL', 'None']);

/** Whether a file is a table that names images: Parquet, or CSV with a column `image` and another one. */
export async function isTable(file: string): Promise<boolean> {
  const head = await readHead(file, HEAD_BYTES);
  if (isParquet(head)) return true;
  if (head.includes(0)) return false;
  const columns = headerOf(head.toString('utf8')).map((name) => name.toLowerCase());
  return columns.length > 1 && columns.includes('image');
}

/** Whether a file is a CSV table without a column `image`: a second line has as many fields as the first one. */
export async function isOtherTable(file: string): Promise<boolean> {
  const head = await readHead(file, HEAD_BYTES);
  if (head.includes(0)) return false;
  const [first = '', second = ''] = head.toString('utf8').split(/\r?\n/, 2);
  const columns = headerOf(first).length;
  return columns > 1 && second !== '' && headerOf(second).length === columns;
}

/**
 * Opens a table of CSV (UTF-8; commas, tabs or semicolons) or Parquet.
 * @throws InputError naming what cannot be read
 */
export async function openTable(file: string): Promise<Table> {
  return await naming(file, async () => {
    const head = await readHead(file, HEAD_BYTES);
    const table = isParquet(head) ? await openParquet(file) : await openCsv(file);
    const twice = table.columns.find((name, i) => table.columns.indexOf(name) !== i);
    if (twice === undefined) return table;
    throw new InputError(`the column '${twice}' is there twice; expected each name once`);
  });
}

/**
 * A cell as a number; NaN where it is missing.
 * @returns undefined for text that is no number, and for infinity
 */
export function numberOf(cell: Cell): number | undefined {
  if (cell === null || (typeof cell === 'string' && MISSING.has(cell.trim()))) return Number.NaN;
  const value = Number(cell);
  const isNaNItself = Number.isNaN(value) && /^\s*-?nan\s*$/i.test(String(cell));
  return Number.isFinite(value) || isNaNItself ? value : undefined;
}

function isParquet(head: Buffer): boolean {
  return head.subarray(0, 4).toString('latin1') === 'PAR1';
}

function separatorOf(text: string): string {
  const line = /^[^\r\n]*/.exec(text)![0];
  return SEPARATORS.find((separator) => line.includes(separator)) ?? ',';
}

function headerOf(text: string): string[] {
  const [line = ''] = /^\uFEFF?([^\r\n]*)/.exec(text)?.slice(1) ?? [];
  try {
    return decodeCsv(line, separatorOf(line))[0]?.map((name) => name.trim()) ?? [];
  } catch {
    return [];
  }
}

async function openCsv(file: string): Promise<Table> {
  const bytes = await readFile(file);
  if (bytes.length > MAX_CSV_BYTES) {
    throw new InputError(
      `the table has ${bytes.length} bytes; expected at most ${MAX_CSV_BYTES} as CSV: save it as Parquet`,
    );
  }
  const text = readUtf8(bytes);
  const [header = [], ...body] = decodeCsv(text, separatorOf(text));
  const columns = header.map((name) => name.trim());
  const rows = body.filter((row) => row.length > 1 || row[0] !== '');
  const odd = rows.findIndex((row) => row.length !== columns.length);
  if (odd !== -1) {
    throw new InputError(
      `row ${odd + 1} has ${rows[odd]!.length} fields; expected ${columns.length}, as the first line has`,
    );
  }
  return {
    columns,
    rows: rows.length,
    async column(name) {
      const place = columns.indexOf(name);
      return rows.map((row) => row[place]!);
    },
  };
}

function readUtf8(bytes: Uint8Array): string {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch (cause) {
    throw new InputError('its bytes are not UTF-8; expected a table saved as CSV UTF-8', [], {
      cause,
    });
  }
}

async function openParquet(file: string): Promise<Table> {
  // Loaded only for such a file.
  const { asyncBufferFromFile, parquetMetadataAsync, parquetRead } = await import('hyparquet');
  const { compressors } = await import('hyparquet-compressors');
  const buffer = await asyncBufferFromFile(file);
  const read = async <Result>(what: () => Promise<Result>) =>
    what().catch((cause: unknown) => {
      throw new InputError(
        `its Parquet cannot be read, is it cut off? ${messageOf(cause)}; expected a whole file`,
        [],
        { cause },
      );
    });
  const metadata = await read(() => parquetMetadataAsync(buffer));
  const rows = Number(metadata.num_rows);
  const nested = metadata.schema.slice(1).find(({ num_children }) => num_children !== undefined);
  if (nested) {
    throw new InputError(`the column '${nested.name}' is nested; expected one value in each row`);
  }
  return {
    columns: metadata.schema.slice(1).map(({ name }) => name),
    rows,
    column: (name) =>
      read(async () => {
        let cells: Cell[] = [];
        await parquetRead({
          ...{ file: buffer, metadata, compressors, columns: [name] },
          onComplete: (found) => {
            cells = found.map(([cell]) => (cell ?? null) as Cell);
          },
        });
        if (cells.length === rows) return cells;
        throw new InputError(`column '${name}' has ${cells.length} rows; expected ${rows}`);
      }),
  };
}
