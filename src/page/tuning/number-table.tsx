import type { Series } from './series.js';
import { short } from './words.js';

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

export interface NumberTableProps {
  readonly title: string;
  readonly series: readonly Series[];
  readonly rows: readonly NumberRow[];
}

/** Numbers said of each neuron; what is undefined says why. */
export function NumberTable({ title, series, rows }: NumberTableProps) {
  return (
    <section class="scrolls" aria-label={title}>
      <table class="numbers">
        <caption>{title}</caption>
        <thead>
          <tr>
            <td />
            {series.map(({ label, colour }) => (
              <th key={label} scope="col">
                <span class="dot" style={{ background: colour }} aria-hidden="true" /> {label}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {rows.map(({ text, unit = '', formula, cells }) => (
            <tr key={text}>
              <th scope="row" title={formula}>
                {formula ? (
                  <details>
                    <summary>{text}</summary>
                    <code>{formula}</code>
                  </details>
                ) : (
                  text
                )}
              </th>
              {cells.map((cell, i) => (
                <td key={series[i]!.label}>
                  {'reason' in cell ? (
                    <span class="undefined">{cell.reason}</span>
                  ) : (
                    <>
                      {short(cell.value)}
                      {unit && <span class="quiet">{unit === '°' ? unit : ` ${unit}`}</span>}
                      {cell.note && <span class="note">{cell.note}</span>}
                    </>
                  )}
                </td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </section>
  );
}
