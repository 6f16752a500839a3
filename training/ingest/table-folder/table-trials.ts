import { InputError } from '../../../src/errors.js';
import type { Tier } from '../lab-file.js';
import { type Cell, numberOf, type Table } from './table.js';

/** The trials of a table. */
export interface TableTrials {
  /** Of each trial: the image, as the table names it. */
  readonly images: readonly string[];
  readonly tiers: readonly Tier[] | undefined;
  readonly neurons: readonly string[];
  /** [trials, neurons]; NaN where a cell is missing. */
  readonly values: Float32Array;
}

const TIERS: readonly string[] = ['train', 'validation', 'test'];
/** The names that pandas gives the index of a data frame. */
const INDEX = /^(\s*|unnamed: \d+|__index_level_\d+__)$/i;
/** Columns that are no neurons. */
const KNOWN = new Set(['image', 'trial', 'tier']);

/**
 * Reads the trials of a table: a row for each trial and a column for each neuron, or, where it has the columns `neuron`
 * and `response`, a row for each neuron in each trial. Names of columns may have capitals.
 * @throws InputError naming the column and the row that cannot be used
 */
export async function readTableTrials(table: Table): Promise<TableTrials> {
  const names = new Map(table.columns.map((name) => [name.toLowerCase(), name]));
  const image = names.get('image');
  if (image === undefined) {
    throw new InputError(
      `the table has no column image: ${table.columns.join(', ')}; expected the names of the image files in it`,
    );
  }
  if (table.rows === 0) throw new InputError('the table has no rows; expected one for each trial');
  const images = (await table.column(image)).map((cell, row) => {
    const name = String(cell ?? '').trim();
    if (name !== '') return name;
    throw new InputError(`row ${row + 1} has no image; expected the name of a file`);
  });
  const tier = names.get('tier');
  const tiers = tier === undefined ? undefined : (await table.column(tier)).map(readTier);
  const [neuron, response] = [names.get('neuron'), names.get('response')];
  if (neuron !== undefined && response !== undefined) {
    const trial = names.get('trial');
    return longForm(
      { images, tiers },
      {
        trials: trial === undefined ? undefined : await table.column(trial),
        neurons: (await table.column(neuron)).map(String),
        responses: numbersOf(await table.column(response), response),
      },
    );
  }
  const index = table.columns.find((name) => INDEX.test(name));
  if (index !== undefined) {
    throw new InputError(
      `the table has a column '${index}', which is the index of a data frame; expected a table without it: ` +
        'index=False of pandas',
    );
  }
  const neurons = table.columns.filter((name) => !KNOWN.has(name.toLowerCase()));
  if (neurons.length === 0) {
    throw new InputError(
      'the table has no neurons; expected a column for each, or the columns neuron and response',
    );
  }
  const values = new Float32Array(table.rows * neurons.length);
  for (const [place, name] of neurons.entries()) {
    const column = numbersOf(await table.column(name), name);
    for (const [row, value] of column.entries()) values[row * neurons.length + place] = value;
  }
  return { images, tiers, neurons, values };
}

/** A trial is an image and, where the table has it, the number of the trial. */
function longForm(
  { images, tiers }: Pick<TableTrials, 'images' | 'tiers'>,
  rows: {
    readonly trials: readonly Cell[] | undefined;
    readonly neurons: readonly string[];
    readonly responses: Float64Array;
  },
): TableTrials {
  const trialRows: number[] = [];
  const trialOf = new Map<string, number>();
  const neuronOf = new Map<string, number>();
  const places = images.map((image, row) => {
    const key = `${rows.trials?.[row] ?? ''}\n${image}`;
    const trial = trialOf.get(key) ?? trialRows.push(row) - 1;
    trialOf.set(key, trial);
    const id = rows.neurons[row]!;
    const neuron = neuronOf.get(id) ?? neuronOf.size;
    neuronOf.set(id, neuron);
    return { trial, neuron };
  });
  const values = new Float32Array(trialRows.length * neuronOf.size).fill(Number.NaN);
  const isSet = new Uint8Array(values.length);
  for (const [row, { trial, neuron }] of places.entries()) {
    const place = trial * neuronOf.size + neuron;
    if (isSet[place]) {
      const hint = rows.trials ? '' : ', or a column trial';
      throw new InputError(
        `row ${row + 1} gives another response of neuron ${rows.neurons[row]} to ${images[row]} in the same trial; ` +
          `expected one${hint}`,
      );
    }
    isSet[place] = 1;
    values[place] = rows.responses[row]!;
  }
  return {
    images: trialRows.map((row) => images[row]!),
    tiers: tiers && trialRows.map((row) => tiers[row]!),
    neurons: [...neuronOf.keys()],
    values,
  };
}

function numbersOf(cells: readonly Cell[], column: string): Float64Array {
  return Float64Array.from(cells, (cell, row) => {
    const value = numberOf(cell);
    if (value !== undefined) return value;
    const point = String(cell).trim().replace(',', '.');
    const expected = Number.isFinite(Number(point))
      ? `a decimal point, as in ${point}`
      : 'a number, or nothing';
    throw new InputError(
      `column '${column}' has '${cell}' in row ${row + 1}; expected ${expected}`,
    );
  });
}

function readTier(cell: Cell, row: number): Tier {
  const tier = String(cell).trim();
  if (TIERS.includes(tier)) return tier as Tier;
  throw new InputError(`row ${row + 1} has the tier '${tier}'; expected ${TIERS.join(', ')}`);
}
