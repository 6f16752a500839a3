import { Figure } from '../figures/figure.js';
import { short } from '../parts/numbers.js';
import type { SentRequest } from '../service/service.js';
import { type NumberRow, numberTable } from './number-rows.js';
import type { Series } from './series.js';

export interface NumberTableProps {
  readonly title: string;
  /** Base name of the downloaded files. */
  readonly name: string;
  readonly series: readonly Series[];
  readonly rows: readonly NumberRow[];
  readonly caption?: string | undefined;
  readonly requests: readonly SentRequest[];
}

/** Shows numbers of each neuron; undefined ones show the reason. */
export function NumberTable({ title, name, series, rows, caption, requests }: NumberTableProps) {
  return (
    <Figure
      title={title}
      name={name}
      caption={caption}
      requests={requests}
      columns={numberTable(series, rows)}
      drawn={false}
    >
      <div class="scrolls">
        <table class="numbers" aria-label={title}>
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
      </div>
    </Figure>
  );
}
