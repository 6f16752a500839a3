import { InputError } from '../../src/errors.js';
import { nearestName } from '../../src/formats/nearest-name.js';
import type { ResponseSource } from './lab-file.js';

type Value = string | number | boolean;

/** A condition on a column about the neurons. */
interface Condition {
  readonly column: string;
  readonly operator: keyof typeof OPERATORS;
  readonly value: string;
}

const OPERATORS = {
  '==': (_order: number | undefined, isEqual: boolean) => isEqual,
  '!=': (_order: number | undefined, isEqual: boolean) => !isEqual,
  '<=': (order: number | undefined) => order !== undefined && order <= 0,
  '>=': (order: number | undefined) => order !== undefined && order >= 0,
  '<': (order: number | undefined) => order !== undefined && order < 0,
  '>': (order: number | undefined) => order !== undefined && order > 0,
} as const;

/** Values of a column that a message lists. */
const MAX_LISTED = 8;

const FORM = /^\s*(.+?)\s*(==|!=|<=|>=|<|>)\s*(.+?)\s*$/;

/**
 * Chooses neurons by conditions on their columns, all of which hold.
 * @param text such as `quality == good and snr > 2.5`
 * @returns the indices of those that are kept
 * @throws InputError for a column that there is not, for a condition that cannot be read, and where none is left
 */
export function chooseNeurons(source: ResponseSource, text: string | undefined): number[] {
  const all = Array.from({ length: source.neurons }, (_, neuron) => neuron);
  if (text === undefined) return all;
  const conditions = text.split(/\sand\s/).map((part) => readCondition(part, source));
  const kept = all.filter((neuron) =>
    conditions.every((condition) =>
      holds(condition, source.columns.get(condition.column)![neuron]!),
    ),
  );
  if (kept.length > 0) return kept;
  const columns = [...new Set(conditions.map(({ column }) => column))];
  const values = columns.map((column) => `${column} is ${listValues(source.columns.get(column)!)}`);
  throw new InputError(
    `--units ${text} keeps none of ${all.length} neurons; expected some: ${values.join(', and ')}`,
  );
}

/** Such as `good or mua`, or `1.2 to 8`. */
function listValues(column: readonly Value[]): string {
  const numbers = column.filter(
    (value): value is number => typeof value === 'number' && !Number.isNaN(value),
  );
  if (numbers.length > 0) return `${Math.min(...numbers)} to ${Math.max(...numbers)}`;
  const different = [...new Set(column.map(String))];
  const shown = different.slice(0, MAX_LISTED).join(' or ');
  return different.length > MAX_LISTED
    ? `${shown} or one of ${different.length - MAX_LISTED} others`
    : shown;
}

function readCondition(text: string, { columns, name }: ResponseSource): Condition {
  const [, column, operator, quoted = ''] = FORM.exec(text) ?? [];
  if (column === undefined) {
    throw new InputError(
      `--units cannot be read: '${text.trim()}'; expected a column, ==, !=, <, <=, > or >=, and a value, ` +
        "such as 'quality == good'",
    );
  }
  if (!columns.has(column)) {
    const known = [...columns.keys()];
    const near = nearestName(column, known);
    const hint = near === undefined ? '' : `; did you mean ${near}?`;
    const expected =
      known.length === 0 ? `none: ${name} has no columns` : `one of ${known.join(', ')}`;
    throw new InputError(`unknown column of the neurons: '${column}'; expected ${expected}${hint}`);
  }
  const value = quoted.replace(/^(['"])(.*)\1$/, '$2');
  return { column, operator: operator as Condition['operator'], value };
}

function holds({ operator, value }: Condition, found: Value): boolean {
  const [a, b] = [Number(found), Number(value)];
  const isNumeric = typeof found === 'number' && value.trim() !== '' && !Number.isNaN(b);
  const order = isNumeric && !Number.isNaN(a) ? a - b : undefined;
  return OPERATORS[operator](order, isNumeric ? a === b : String(found) === value);
}
