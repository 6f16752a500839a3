import { Figure } from '../figures/figure.js';
import { PlotView } from '../figures/plot.js';
import type { Columns } from '../figures/table.js';
import { AskedView, Warnings } from '../parts/notices.js';
import { atWords } from '../parts/numbers.js';
import { useModel, usePage } from '../state/context.js';
import { useLatest } from '../state/latest.js';
import { useNeurons } from '../state/neurons.js';
import { askSweeps, type ComparedSweeps } from './ask-sweeps.js';
import { curvePlot } from './curve-plot.js';
import { useGrating } from './grating.js';
import { GratingPanel } from './grating-panel.js';
import { Legend } from './legend.js';
import { Numbers } from './numbers.js';
import { type OwnGrating, ownGratings } from './own-gratings.js';
import { polarPlot } from './polar-plot.js';
import { type CurveSeries, curvesOf, seriesOf } from './series.js';
import type { Swept, SweptName } from './swept.js';
import { useAnswerers } from './use-answerers.js';
import { warningsOf } from './words.js';

/** An answer to a sweep, with what was swept: both change together. */
interface Experiment extends ComparedSweeps {
  readonly name: SweptName;
  readonly swept: Swept;
  /** Each neuron's own grating, where it was shown that. */
  readonly own: readonly OwnGrating[];
  /** What of them the sweep leaves as it is. */
  readonly fixed: readonly string[];
}

/** Responses along one parameter of a grating. */
export function Parametric({ name, swept }: { readonly name: SweptName; readonly swept: Swept }) {
  const page = usePage();
  const model = useModel();
  const { ids } = useNeurons();
  const answerers = useAnswerers();
  const grating = useGrating(swept);
  const { parameter, stimulus } = swept;
  const models = answerers.all.map(({ id }) => id);
  const key = JSON.stringify([parameter, grating.fields, grating.own, ids, models]);
  const asked = useLatest(key, async (signal): Promise<Experiment> => {
    const own = grating.own ? await ownGratings(page, model, ids, signal) : [];
    const sweepOf = (neurons: readonly number[], of?: OwnGrating) => {
      return { neurons, parameter, stimulus: { [stimulus]: grating.fieldsOf(of) } };
    };
    const sweeps = grating.own ? own.map((each) => sweepOf([each.neuron], each)) : [sweepOf(ids)];
    const compared = await askSweeps(page.service, answerers, sweeps, signal);
    return { ...compared, name, swept, own, fixed: Object.keys(grating.fieldsOf(own[0])) };
  });
  return (
    <div class="experiment">
      <GratingPanel grating={grating} own={asked.value?.own ?? []} />
      <div class="results">
        <AskedView asked={asked} waiting={`Measuring ${swept.title.toLowerCase()}…`}>
          {(experiment) => <Curves experiment={experiment} />}
        </AskedView>
      </div>
    </div>
  );
}

function Curves({ experiment }: { readonly experiment: Experiment }) {
  const { name, swept, told, refused, requests } = experiment;
  const { response } = useModel().card;
  const series = seriesOf(told).map((each) => ({ ...each, ...noteOf(experiment, each.neuron) }));
  const curves = curvesOf(swept, told);
  const columns = columnsOf(swept, curves);
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

/** Of the neuron's own grating, what the sweep leaves as it is. */
function noteOf({ own, fixed }: Experiment, neuron: number): { readonly note?: string } {
  const at = own.find((each) => each.neuron === neuron)?.at;
  if (!at) return {};
  const { x: _, y: __, ...grating } = at;
  const shown = Object.entries(grating).filter(([name]) => fixed.includes(name));
  return { note: atWords(Object.fromEntries(shown)) };
}

function captionOf({ told, swept, own }: Experiment): string {
  const averaged = Object.entries(told[0]!.value.averagedOver).map(
    ([what, values]) => `${values.length} ${what}s`,
  );
  const means = averaged.length > 0 ? `Each point is the mean over ${averaged.join(', ')}. ` : '';
  const note = swept.note === undefined ? '' : ` ${swept.note}`;
  const by = [...new Set(own.map((each) => each.by))].join(' or the ');
  const whose = own.length > 0 ? `Each neuron sees the grating that it prefers by the ${by}. ` : '';
  return `${whose}${means}The dashed line is the response to the model's mean gray.${note}`;
}

function polarCaption(curves: readonly CurveSeries[], period: number): string {
  const twice =
    period === 180 ? 'Orientation repeats after 180°, so the curve is drawn twice. ' : '';
  const below = curves.some(({ measured }) => measured.some(({ y }) => y < 0));
  return `${twice}Distance from the middle is the response${below ? '; values below 0 are drawn in the middle' : ''}.`;
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
