import type { Columns } from '../figures/table.js';
import type { Series } from './series.js';

/** A number, or why there is none. */
export type Cell =
  | { readonly value: number; readonly note?: string | undefined }
  | { readonly reason: string };

export interface NumberRow {
  readonly text: string;
  readonly unit?: string;
  /** How it is computed. */
  readonly formula?: string | undefined;
  /** Of each series. */
  readonly cells: readonly Cell[];
}

/** The numbers, and where some are missing, why. */
export function tableOf(series: readonly Series[], rows: readonly NumberRow[]): Columns {
  const ofSeries = series.flatMap(({ label }, i) => {
    const cells = rows.map((row) => row.cells[i]!);
    const reasons = cells.map((cell) => ('reason' in cell ? cell.reason : ''));
    return [
      [label, cells.map((cell) => ('reason' in cell ? null : cell.value))] as const,
      ...(reasons.some((reason) => reason !== '') ? [[`${label}, why not`, reasons] as const] : []),
    ];
  });
  return {
    name: rows.map(({ text }) => text),
    unit: rows.map(({ unit = '' }) => unit),
    formula: rows.map(({ formula = '' }) => formula),
    ...Object.fromEntries(ofSeries),
  };
}
