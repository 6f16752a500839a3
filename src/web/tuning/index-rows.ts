import type { Fit, Index, MemberInterval } from '../../tuning/schemas.js';
import { gratingLabel, short } from '../parts/numbers.js';
import { fitLabel, indexLabel } from './labels.js';
import type { Cell, NumberRow } from './number-rows.js';

const NOTHING = 'not measured for this model';

/**
 * Builds a table row for each index.
 * @param indicesBySeries indices of each series, in order
 */
export function indexRows(
  indicesBySeries: readonly Readonly<Record<string, Index>>[],
): NumberRow[] {
  return namesIn(indicesBySeries).map((name) => ({
    ...indexLabel(name),
    formula: indicesBySeries.find((indices) => indices[name])?.[name]?.formula,
    cells: indicesBySeries.map((indices) => indexCell(indices[name])),
  }));
}

/** Builds rows for the parameters and the R² of each fit. */
export function fitRows(indicesBySeries: readonly Readonly<Record<string, Fit>>[]): NumberRow[] {
  return namesIn(indicesBySeries).flatMap((name) => {
    const fits = indicesBySeries.map((each) => each[name]);
    const known = fits.find((fit) => fit !== undefined);
    const parameters = namesIn(fits.map((fit) => fit?.parameters ?? {}));
    const row = (text: string, cells: readonly Cell[]) => ({
      text: `${fitLabel(name)}: ${text}`,
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

function indexCell(index: Index | undefined): Cell {
  if (index === undefined) return { reason: NOTHING };
  if (index.value === null) return { reason: index.reason };
  const { value, raw = value, at, members } = index;
  const notes = [
    ...(members ? [describeMembers(members)] : []),
    ...(short(raw) === short(value) ? [] : [`${short(raw)} with negative responses`]),
    ...(at ? [`at ${gratingLabel(at)}`] : []),
  ];
  return { value, note: notes.join('; ') || undefined };
}

/** Says between which values the members of an ensemble are. */
function describeMembers({ lowest, highest, undefined: without }: MemberInterval): string {
  const missing = without === 0 ? [] : [`undefined for ${without}`];
  const known =
    lowest === null || highest === null ? [] : [`${short(lowest)} to ${short(highest)}`];
  return `members: ${[...known, ...missing].join(', ')}`;
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
