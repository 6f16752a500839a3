import type { Columns } from '../figures/table.js';
import type { Series } from './series.js';

/** A number, or the reason for its absence. */
export type Cell =
  | { readonly value: number; readonly note?: string | undefined }
  | { readonly reason: string };

export interface NumberRow {
  readonly text: string;
  readonly unit?: string;
  /** The formula of the number. */
  readonly formula?: string | undefined;
  /** One cell for each series. */
  readonly cells: readonly Cell[];
}

/** Builds columns of the numbers, with reasons for missing ones. */
export function numberTable(series: readonly Series[], rows: readonly NumberRow[]): Columns {
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
