import type { Fit, Index } from '../../tuning/schemas.js';
import type { SentRequest } from '../service/service.js';
import { fitRows, indexRows } from './index-rows.js';
import { NumberTable } from './number-table.js';
import type { Series } from './series.js';

export interface NumbersProps {
  /** Of the files that they are saved as. */
  readonly name: string;
  readonly series: readonly (Series & {
    readonly of: {
      readonly indices: Readonly<Record<string, Index>>;
      readonly fits: Readonly<Record<string, Fit>>;
    };
  })[];
  readonly requests: readonly SentRequest[];
}

/** The indices of each neuron, and the parameters of what was fitted. */
export function Numbers({ name, series, requests }: NumbersProps) {
  return (
    <>
      <NumberTable
        title="Indices"
        caption="Of this measurement; the table of neurons shows the quick measurement or the full battery."
        name={`${name}-indices`}
        rows={indexRows(series.map(({ of }) => of.indices))}
        {...{ series, requests }}
      />
      <NumberTable
        title="Fits"
        name={`${name}-fits`}
        rows={fitRows(series.map(({ of }) => of.fits))}
        {...{ series, requests }}
      />
    </>
  );
}
