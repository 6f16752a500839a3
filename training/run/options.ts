import path from 'node:path';
import { InvalidArgumentError } from 'commander';
import { InputError } from '../../src/errors.js';
import { neuronIds } from '../../src/formats/neuron-list.js';

/** Reads a whole number from a command's option. */
export function wholeNumber(least: number, most: number): (text: string) => number {
  return (text) => {
    const value = Number(text);
    if (!/^\d+$/.test(text) || value < least || value > most) {
      throw new InvalidArgumentError(`It must be a whole number from ${least} to ${most}.`);
    }
    return value;
  };
}

/** Reads some of the choices, separated by commas. */
export function parseList<T extends string>(choices: readonly T[]): (text: string) => T[] {
  const isChoice = (text: string): text is T => choices.some((choice) => choice === text);
  return (text) =>
    text.split(',').map((each) => {
      if (isChoice(each)) return each;
      throw new InvalidArgumentError(`'${each}' is none of ${choices.join(', ')}.`);
    });
}

/** Most neurons that a list may name: more than any recording has. */
const MOST_NEURONS = 1_000_000;

/**
 * Reads ids and ranges of ids of neurons.
 * @returns the ids in rising order
 * @example neuronList('7-9,3') // [3, 7, 8, 9]
 */
export function neuronList(text: string): number[] {
  const ids = new Set<number>();
  try {
    for (const id of neuronIds(text)) {
      if (ids.has(id)) throw new RangeError(`neuron ${id} is named twice`);
      if (ids.size === MOST_NEURONS) throw new RangeError(`more than ${MOST_NEURONS} are named`);
      ids.add(id);
    }
  } catch (error) {
    if (error instanceof RangeError) throw new InvalidArgumentError(`neurons: ${error.message}`);
    throw error;
  }
  return [...ids].toSorted((a, b) => a - b);
}

/** Reads the name of a site: it becomes part of file names. */
export function siteName(text: string): string {
  if (!/^[A-Za-z0-9][A-Za-z0-9_-]*$/.test(text)) {
    throw new InvalidArgumentError('It must be made of letters, digits, _ and -.');
  }
  return text;
}

/** Reads the width of an image in degrees. */
export function degrees(text: string): number {
  const value = Number(text);
  if (!(value > 0 && value < 180)) throw new InvalidArgumentError('It must be degrees above 0.');
  return value;
}

/**
 * Rejects a name that no card can have before the work, not after it.
 * @throws InputError
 */
export function checkModelName(out: string): void {
  const name = path.basename(path.resolve(out));
  if (/^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/.test(name)) return;
  throw new InputError(
    `--out ${out}: a model's name is made of letters, digits, ., _ and -, at most 64`,
  );
}

/** A figure such as CORR as text. */
export function figure(value: number | null): string {
  return value === null ? 'undefined' : value.toFixed(3);
}
