import { InvalidArgumentError } from 'commander';
import { toMilliseconds, type Window } from '../../../src/datasets/window.js';

/** Macaque V1 answers 40 to 100 ms after an image appears; other areas and species take other windows. */
export const SPIKE_WINDOW: Window = { from: 40, to: 100 };
/** The indicators of calcium imaging are slow. */
export const TRACE_WINDOW: Window = { from: 0, to: 500 };
export const TRACE_BASELINE: Window = { from: -250, to: 0 };

const FORM = /^(-?\d+(?:\.\d+)?):(-?\d+(?:\.\d+)?)(ms|s)$/;

/**
 * Reads a window as in `40:100ms` or `-0.5:0s`.
 * @example
 * parseWindow('0.04:0.1s'); // { from: 40, to: 100 }
 */
export function parseWindow(text: string): Window {
  const [, first, second, unit] = FORM.exec(text) ?? [];
  const read = (number: string | undefined) =>
    unit === 's' ? toMilliseconds(Number(number)) : Number(number);
  const [from, to] = [read(first), read(second)];
  if (unit !== undefined && !(from < to)) {
    throw new InvalidArgumentError('Its end must be after its start, as in 40:100ms.');
  }
  if (unit === undefined) {
    throw new InvalidArgumentError(
      'It must be the start and the end after the onset of an image, such as 40:100ms.',
    );
  }
  return { from, to };
}
