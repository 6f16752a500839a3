import type { InferResponseType } from 'hono/client';
import { Figure } from '../figures/figure.js';
import { PlotView } from '../figures/plot.js';
import type { Columns } from '../figures/table.js';
import { AskedView, Warnings } from '../parts/notices.js';
import type { Service } from '../service/service.js';
import { useModel, usePage } from '../state/context.js';
import { useLatest } from '../state/latest.js';
import { useNeurons } from '../state/neurons.js';
import { askEach, type Compared } from './answerers.js';
import { curvePlot } from './curve-plot.js';
import { useGrating } from './grating.js';
import { GratingPanel } from './grating-panel.js';
import { Legend } from './legend.js';
import { Numbers } from './numbers.js';
import { polarPlot } from './polar-plot.js';
import { type CurveSeries, curvesOf, seriesOf } from './series.js';
import type { Swept, SweptName } from './swept.js';
import { useAnswerers } from './use-answerers.js';
import { warningsOf } from './words.js';

type Route =
  Service['client']['v1']['models'][':model']['versions'][':version']['tuning']['parametric'];
type Answer = InferResponseType<Route['$post']>;

/** An answer to a sweep, with what was swept: both change together. */
interface Experiment extends Compared<Answer> {
  readonly name: SweptName;
  readonly swept: Swept;
}

/** Responses along one parameter of a grating. */
export function Parametric({ name, swept }: { readonly name: SweptName; readonly swept: Swept }) {
  const { service } = usePage();
  const { ids } = useNeurons();
  const { all, knownTo } = useAnswerers();
  const { fields } = useGrating(swept);
  const { parameter, stimulus } = swept;
  const experiment = { parameter, stimulus: { [stimulus]: fields } };
  const key = JSON.stringify([experiment, ids, all.map(({ id }) => id)]);
  const asked = useLatest(key, async (signal): Promise<Experiment> => {
    const route = service.client.v1.models[':model'].versions[':version'].tuning.parametric;
    const compared = await askEach(all, ids, knownTo, ({ param }, neurons) => {
      const json = { ...experiment, neurons };
      return service.json(route.$post({ param, json }, { init: { signal } }));
    });
    return { ...compared, name, swept };
  });
  return (
    <div class="experiment">
      <GratingPanel swept={swept} />
      <div class="results">
        <AskedView asked={asked} waiting={`Measuring ${swept.title.toLowerCase()}…`}>
          {(experiment) => <Curves experiment={experiment} />}
        </AskedView>
      </div>
    </div>
  );
}

function Curves({ experiment }: { readonly experiment: Experiment }) {
  const { name, swept, told, refused } = experiment;
  const { response } = useModel().card;
  const series = seriesOf(told);
  const curves = curvesOf(swept, told);
  const columns = columnsOf(swept, curves);
  const requests = told.map(({ request }) => request);
  const { period } = swept;
  const parts = [
    'points' as const,
    ...(curves.some(({ fitted }) => fitted) ? ['fit' as const] : []),
    'blank' as const,
  ];
  const legend = <Legend series={series} parts={parts} />;
  const who = series.map(({ label }) => label).join(', ');
  return (
    <>
      <Warnings warnings={refused} />
      <div class="figures">
        <Figure
          title={swept.title}
          name={`${name}-tuning`}
          {...{ columns, requests }}
          caption={captionOf(experiment)}
        >
          <PlotView
            label={`${swept.title} of ${who}: response over ${swept.axis.toLowerCase()}`}
            draw={(width) => curvePlot(swept, curves, width, response.unit)}
            by={[experiment]}
            most={1400}
          />
          {legend}
        </Figure>
        {period && (
          <Figure
            title={`${swept.title}, polar`}
            name={`${name}-tuning-polar`}
            {...{ columns, requests }}
            caption={polarCaption(curves, period)}
          >
            <div class="polar">
              <PlotView
                label={`${swept.title} of ${who}, in polar coordinates`}
                draw={(width) => polarPlot(curves, period, width)}
                by={[experiment]}
                most={420}
              />
            </div>
            {legend}
          </Figure>
        )}
      </div>
      <Warnings warnings={warningsOf(told)} />
      <Numbers name={name} {...{ series, requests }} />
    </>
  );
}

function captionOf({ told, swept }: Experiment): string {
  const averaged = Object.entries(told[0]!.value.averagedOver).map(
    ([what, values]) => `${values.length} ${what}s`,
  );
  const means = averaged.length > 0 ? `Each point is the mean over ${averaged.join(', ')}. ` : '';
  const note = swept.note === undefined ? '' : ` ${swept.note}`;
  return `${means}The dashed line is the response to the model's mean gray.${note}`;
}

function polarCaption(curves: readonly CurveSeries[], period: number): string {
  const twice = period === 180 ? 'Bars look the same after half a turn: drawn twice. ' : '';
  const below = curves.some(({ measured }) => measured.some(({ y }) => y < 0));
  return `${twice}Distance from the middle is the response${below ? '; what is below 0 is in the middle' : ''}.`;
}

function columnsOf({ parameter }: Swept, curves: readonly CurveSeries[]): Columns {
  const values = curves[0]?.measured.map(({ x }) => x) ?? [];
  return {
    [parameter]: values,
    ...Object.fromEntries(
      curves.flatMap(({ label, measured, blank }) => [
        [label, measured.map(({ y }) => y)],
        [`${label}, blank`, values.map(() => blank)],
      ]),
    ),
  };
}
