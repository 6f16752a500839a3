import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { InputError } from '../../src/errors.js';
import { decodeCsv } from '../../src/formats/csv.js';

/** A column of a table, with one value for each row. */
export interface Column {
  readonly name: string;
  /** NaN where there is no number. With `parts` it is [rows, parts]. */
  readonly values: readonly string[] | Int32Array | Float64Array | Float32Array;
  /** What the numbers in a row are, where there are several. */
  readonly parts?: readonly string[];
  readonly description: string;
}

/** A table of a result. */
export interface Table {
  readonly name: string;
  readonly description: string;
  readonly rows: number;
  readonly columns: readonly Column[];
}

const INTEGER = /^-?\d{1,9}$/;

/**
 * Reads a .csv file that an experiment wrote. Columns of numbers become numbers; the responses of neurons become one
 * column with a number for each neuron.
 * @throws InputError naming the file where it has no rows, or rows of different lengths
 */
export async function readTable(file: string): Promise<Table> {
  const name = path.basename(file, '.csv');
  const [header, ...rows] = parse(file, await readFile(file, 'utf8'));
  if (header === undefined || rows.length === 0) {
    throw new InputError(`${file} has no rows; expected a table that an experiment wrote`);
  }
  const uneven = rows.findIndex((row) => row.length !== header.length);
  if (uneven >= 0) {
    throw new InputError(
      `${file}: row ${uneven + 2} has ${rows[uneven]!.length} fields; expected ${header.length}`,
    );
  }
  const isResponses = header[0] === 'stimulus' && header[1] === 'digest';
  const single = isResponses ? header.slice(0, 2) : header;
  const columns = single.map((title, place) =>
    toColumn(
      title,
      rows.map((row) => row[place]!),
    ),
  );
  if (isResponses) columns.push(responseColumn(header.slice(2), rows));
  return { name, description: `${name}, as Hypercolumn computed it`, rows: rows.length, columns };
}

function parse(file: string, text: string): string[][] {
  try {
    return decodeCsv(text);
  } catch (error) {
    if (!(error instanceof InputError)) throw error;
    throw new InputError(`${file}: ${error.message}`, error.problems, { cause: error });
  }
}

function toColumn(name: string, cells: readonly string[]): Column {
  const common = { name, description: name };
  if (cells.every((cell) => INTEGER.test(cell))) {
    return { ...common, values: Int32Array.from(cells, Number) };
  }
  const numbers = cells.map((cell) => (cell === '' ? Number.NaN : Number(cell)));
  const isNumeric =
    cells.some((cell) => cell !== '') &&
    numbers.every((value, row) => cells[row] === '' || !Number.isNaN(value));
  return { ...common, values: isNumeric ? Float64Array.from(numbers) : cells };
}

/** Responses are float32, and are written with all their digits. */
function responseColumn(neurons: readonly string[], rows: readonly string[][]): Column {
  return {
    name: 'responses',
    parts: neurons,
    description: `responses of the neurons ${neurons.join(', ')}, in this order`,
    values: Float32Array.from(
      rows.flatMap((row) => row.slice(2)),
      Number,
    ),
  };
}
