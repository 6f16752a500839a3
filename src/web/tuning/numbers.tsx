import type { Fit, Index } from '../../tuning/schemas.js';
import type { SentRequest } from '../service/service.js';
import { fitRows, indexRows } from './index-rows.js';
import { NumberTable } from './number-table.js';
import type { Series } from './series.js';

export interface NumbersProps {
  /** Base name of the downloaded files. */
  readonly name: string;
  readonly series: readonly (Series & {
    readonly of: {
      readonly indices: Readonly<Record<string, Index>>;
      readonly fits: Readonly<Record<string, Fit>>;
    };
  })[];
  readonly requests: readonly SentRequest[];
}

/** Shows the indices and the fit parameters of each neuron. */
export function Numbers({ name, series, requests }: NumbersProps) {
  return (
    <>
      <NumberTable
        title="Indices"
        caption="These indices are from this measurement. The Neurons view shows the quick measurement or the full characterization."
        name={`${name}-indices`}
        rows={indexRows(series.map(({ of }) => of.indices))}
        series={series}
        requests={requests}
      />
      <NumberTable
        title="Fits"
        name={`${name}-fits`}
        rows={fitRows(series.map(({ of }) => of.fits))}
        series={series}
        requests={requests}
      />
    </>
  );
}
