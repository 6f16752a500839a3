import { Figure } from '../figures/figure.js';
import { PlotView } from '../figures/plot.js';
import type { Columns } from '../figures/table.js';
import { FetchedView, Warnings } from '../parts/notices.js';
import { gratingLabel } from '../parts/numbers.js';
import { useModel, usePage } from '../state/context.js';
import { useLatest } from '../state/latest.js';
import { useNeurons } from '../state/neurons.js';
import { curvePlot } from './curve-plot.js';
import { useGrating } from './grating.js';
import { GratingPanel } from './grating-panel.js';
import { listWarnings } from './labels.js';
import { Legend } from './legend.js';
import { Numbers } from './numbers.js';
import { type OwnGrating, ownGratings } from './own-gratings.js';
import { polarPlot } from './polar-plot.js';
import { type ComparedSweeps, sendSweeps } from './send-sweeps.js';
import { bandOf, buildCurves, type CurveSeries, neuronSeries } from './series.js';
import type { Swept, SweptName } from './swept.js';
import { useComparedModels } from './use-compared-models.js';

/** The results of a sweep together with their settings, so that both change at the same time. */
interface Experiment extends ComparedSweeps {
  readonly name: SweptName;
  readonly swept: Swept;
  /** Each neuron's own grating; empty for one grating for all. */
  readonly own: readonly OwnGrating[];
  /** Names of the fixed parameters. */
  readonly fixed: readonly string[];
}

/** Measures responses along one parameter of a grating. */
export function Parametric({ name, swept }: { readonly name: SweptName; readonly swept: Swept }) {
  const page = usePage();
  const model = useModel();
  const { ids } = useNeurons();
  const models = useComparedModels();
  const grating = useGrating(swept);
  const { parameter, stimulus } = swept;
  const modelIds = models.all.map(({ id }) => id);
  const key = JSON.stringify([parameter, grating.fields, grating.own, ids, modelIds]);
  const fetched = useLatest(key, async (signal): Promise<Experiment> => {
    const own = grating.own ? await ownGratings(page, model, ids, signal) : [];
    const sweepFor = (neurons: readonly number[], of?: OwnGrating) => {
      return { neurons, parameter, stimulus: { [stimulus]: grating.fieldsFor(of) } };
    };
    const sweeps = grating.own ? own.map((each) => sweepFor([each.neuron], each)) : [sweepFor(ids)];
    const compared = await sendSweeps(page.service, models, sweeps, signal);
    return { ...compared, name, swept, own, fixed: Object.keys(grating.fieldsFor(own[0])) };
  });
  return (
    <div class="experiment">
      <GratingPanel grating={grating} own={fetched.value?.own ?? []} />
      <div class="results">
        <FetchedView fetched={fetched} waiting={`Measuring ${swept.title.toLowerCase()}…`}>
          {(experiment) => <Curves experiment={experiment} />}
        </FetchedView>
      </div>
    </div>
  );
}

function Curves({ experiment }: { readonly experiment: Experiment }) {
  const { name, swept, results, omitted, requests } = experiment;
  const { response } = useModel().card;
  const series = neuronSeries(results).map((each) => ({
    ...each,
    ...gratingNote(experiment, each.neuron),
  }));
  const curves = buildCurves(swept, results);
  const columns = curveColumns(swept, curves);
  const { period } = swept;
  const parts = [
    'points' as const,
    ...(curves.some((curve) => bandOf(curve).length > 0) ? ['spread' as const] : []),
    ...(curves.some(({ fitted }) => fitted) ? ['fit' as const] : []),
    'blank' as const,
  ];
  const legend = <Legend series={series} parts={parts} />;
  const labels = series.map(({ label }) => label).join(', ');
  return (
    <>
      <Warnings warnings={omitted} />
      <div class="figures">
        <Figure
          title={swept.title}
          name={`${name}-tuning`}
          columns={columns}
          requests={requests}
          caption={curveCaption(experiment)}
        >
          <PlotView
            label={`${swept.title} of ${labels}: response over ${swept.axis.toLowerCase()}`}
            draw={(width) => curvePlot(swept, curves, width, response.unit)}
            dependencies={[experiment]}
            maxWidth={1400}
          />
          {legend}
        </Figure>
        {period && (
          <Figure
            title={`${swept.title}, polar`}
            name={`${name}-tuning-polar`}
            columns={columns}
            requests={requests}
            caption={polarCaption(curves, period)}
          >
            <div class="polar">
              <PlotView
                label={`${swept.title} of ${labels}, in polar coordinates`}
                draw={(width) => polarPlot(curves, period, width)}
                dependencies={[experiment]}
                maxWidth={420}
              />
            </div>
            {legend}
          </Figure>
        )}
      </div>
      <Warnings warnings={listWarnings(results)} />
      <Numbers name={name} series={series} requests={requests} />
    </>
  );
}

/** Describes the fixed parameters of the neuron's own grating. */
function gratingNote({ own, fixed }: Experiment, neuron: number): { readonly note?: string } {
  const at = own.find((each) => each.neuron === neuron)?.at;
  if (!at) return {};
  const { x: _, y: __, ...grating } = at;
  const fields = Object.entries(grating).filter(([name]) => fixed.includes(name));
  return { note: gratingLabel(Object.fromEntries(fields)) };
}

function curveCaption({ results, swept, own }: Experiment): string {
  const averaged = Object.entries(results[0]!.value.averagedOver).map(
    ([what, values]) => `${values.length} ${what}s`,
  );
  const means = averaged.length > 0 ? `Each point is the mean over ${averaged.join(', ')}. ` : '';
  const note = swept.note === undefined ? '' : ` ${swept.note}`;
  const sources = [...new Set(own.map((each) => each.source))].join(' or the ');
  const whose =
    own.length > 0 ? `Each neuron sees its preferred grating from the ${sources}. ` : '';
  return `${whose}${means}The dashed line is the response to the model's mean gray.${note}`;
}

function polarCaption(curves: readonly CurveSeries[], period: number): string {
  const twice =
    period === 180 ? 'Orientation repeats after 180°, so the curve is drawn twice. ' : '';
  const below = curves.some(({ measured }) => measured.some(({ y }) => y < 0));
  return `${twice}Distance from the middle is the response${below ? '; values below 0 are drawn in the middle' : ''}.`;
}

function curveColumns({ parameter }: Swept, curves: readonly CurveSeries[]): Columns {
  const values = curves[0]?.measured.map(({ x }) => x) ?? [];
  return {
    [parameter]: values,
    ...Object.fromEntries(
      curves.flatMap(({ label, measured, blank }) => [
        [label, measured.map(({ y }) => y)],
        ...(measured[0]?.spread === undefined
          ? []
          : [[`${label}, spread`, measured.map(({ spread }) => spread)]]),
        [`${label}, blank`, values.map(() => blank)],
      ]),
    ),
  };
}
