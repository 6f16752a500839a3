import type { Fit, Index } from '../../tuning/schemas.js';
import { atWords, short } from '../parts/numbers.js';
import type { Cell, NumberRow } from './number-rows.js';
import { fitWords, indexWords } from './words.js';

const NOTHING = 'not measured for this model';

/**
 * A row of a table for each index.
 * @param ofSeries the indices of each series, in their order
 */
export function indexRows(ofSeries: readonly Readonly<Record<string, Index>>[]): NumberRow[] {
  return namesIn(ofSeries).map((name) => ({
    ...indexWords(name),
    formula: ofSeries.find((indices) => indices[name])?.[name]?.formula,
    cells: ofSeries.map((indices) => cellOf(indices[name])),
  }));
}

/** Rows for the parameters of each fit, how well it explains the responses, and how it ended. */
export function fitRows(ofSeries: readonly Readonly<Record<string, Fit>>[]): NumberRow[] {
  return namesIn(ofSeries).flatMap((name) => {
    const fits = ofSeries.map((each) => each[name]);
    const known = fits.find((fit) => fit !== undefined);
    const parameters = namesIn(fits.map((fit) => fit?.parameters ?? {}));
    const row = (text: string, cells: readonly Cell[]) => ({
      text: `${fitWords(name)}: ${text}`,
      formula: known?.model,
      cells,
    });
    return [
      row('R²', fits.map(quality)),
      ...parameters.map((parameter) =>
        row(
          parameter,
          fits.map((fit) => valueIn(fit, parameter)),
        ),
      ),
    ];
  });
}

function cellOf(index: Index | undefined): Cell {
  if (index === undefined) return { reason: NOTHING };
  if (index.value === null) return { reason: index.reason };
  const { value, raw = value, at } = index;
  const notes = [
    ...(short(raw) === short(value) ? [] : [`${short(raw)} with negative responses`]),
    ...(at ? [`at ${atWords(at)}`] : []),
  ];
  return { value, note: notes.join('; ') || undefined };
}

function quality(fit: Fit | undefined): Cell {
  if (fit === undefined) return { reason: NOTHING };
  if (fit.parameters === null) return { reason: `nothing was fitted: ${fit.reason}` };
  return fit.converged ? { value: fit.rSquared } : { reason: 'the fit did not converge' };
}

function valueIn(fit: Fit | undefined, parameter: string): Cell {
  const value = fit?.parameters?.[parameter];
  if (fit === undefined || fit.parameters === null || value === undefined) {
    return { reason: 'none' };
  }
  const ended = fit.atBound.includes(parameter);
  return { value, note: ended ? 'the end of its range' : undefined };
}

function namesIn(records: readonly Readonly<Record<string, unknown>>[]): string[] {
  return [...new Set(records.flatMap(Object.keys))];
}
