import type { ServedModel } from '../../inference/catalogue.js';
import type { Scheduler } from '../../inference/scheduler.js';
import type { ModelCard } from '../../models/card.js';
import { errorAt } from '../../stimulus/errors.js';
import { largestContrast } from '../../stimulus/parametric/paint.js';
import { type Canvas, type Stimuli, setDigest } from '../../stimulus/stimuli.js';
import { type AxisRequest, planSweep, type Sweep } from '../../stimulus/sweep.js';
import { gatherWarnings } from '../../stimulus/warnings.js';
import { characteristics } from '../../tuning/characterization.js';
import { type NeuronTuning, neuronTuning } from '../../tuning/parametric.js';
import { fieldOf, preferredGrating } from '../../tuning/preferred.js';
import { type ReceptiveField, receptiveField } from '../../tuning/receptive-field.js';
import { tuningSweep } from '../experiment.js';
import { selectNeurons } from '../neurons.js';
import { Mapping, planProbe } from '../position-probe.js';
import type { Running } from '../running.js';
import { canvasOf } from '../stimulus-request.js';
import { eachNeuron, runSweep, type SweptResponses } from '../swept-responses.js';
import { contrastInRange, usualDiameter } from '../usual-grating.js';
import type {
  Characterization,
  CharacterizationBody,
  CharacterizedNeuron,
  GratingAt,
  Measured,
  Stage,
  StageName,
} from './characterized.js';

/** So that stimuli of some are rendered while those of others are computed. */
const NEURONS_AT_ONCE = 3;
/**
 * Diameter of the gratings of the first stage, in mapped fields. At this size F1/F0 of a model agrees best
 * with that of the true neurons, and orientation no worse; the true F1/F0 is the same at all sizes
 * (`bench:modulation`, `bench:truth`).
 */
const FIELDS_ACROSS = 1.5;
/** From the orientation of the centre: the first is parallel, the seventh orthogonal. */
const TURNS = Array.from({ length: 12 }, (_, i) => 15 * i);

type Measure = (sweep: Sweep) => Promise<{ readonly stage: Stage; readonly tuning: NeuronTuning }>;

/** What each stage shows of a grating. */
const SWEEPS: {
  readonly [name in StageName]: (canvas: Canvas, grating: GratingAt) => Sweep;
} = {
  grating: (canvas, { orientation: _, spatialFrequency: __, ...rest }) =>
    planSweep(
      { stimulus: { grating: rest }, axes: [axis('orientation'), axis('spatialFrequency')] },
      canvas,
    ),
  size: (canvas, { diameter: _, ...rest }) =>
    planSweep({ stimulus: { grating: rest }, axes: [axis('diameter')] }, canvas),
  contrast: (canvas, { contrast: _, ...rest }) =>
    planSweep({ stimulus: { grating: rest }, axes: [axis('contrast')] }, canvas),
  surround: (canvas, grating) => {
    const values = TURNS.map((turn) => grating.orientation + turn);
    const stimulus = { centreSurround: { ...grating, surroundDiameter: null } };
    return planSweep({ stimulus, axes: [axis('surroundOrientation', values)] }, canvas);
  },
};

/**
 * Prepares the battery; nothing is rendered or computed before it is run. First a map of positions, for
 * all neurons together; then for each neuron orientation by spatial frequency by phase at its centre, and
 * diameter, contrast and the orientation of a surround at its preferred grating.
 * @throws InputError for neurons that there are not, and a contrast that cannot be shown
 */
export function prepareCharacterization(
  { scheduler }: { readonly scheduler: Pick<Scheduler, 'respond' | 'giveWay'> },
  model: ServedModel,
  body: CharacterizationBody,
): (running: Running) => Promise<Characterization> {
  const { card, digest } = model;
  const { ids, columns } = selectNeurons(card, body.neurons);
  const canvas = canvasOf(model);
  const side = Math.min(canvas.height, canvas.width);
  const probe = planProbe(Mapping.parse({}), canvas);
  const contrast = contrastOf(body, card, canvas);
  const anywhere = { x: 0, y: 0, orientation: 0, spatialFrequency: 0.1, diameter: side, contrast };
  // one more is the blank
  const each = Object.values(SWEEPS).map((plan) => plan(canvas, anywhere).count + 1);
  const total = probe.sweep.count + 1 + ids.length * each.reduce((sum, count) => sum + count);
  const corrOf = new Map(card.neurons.map(({ id, CORR }) => [id, CORR]));

  return async ({ signal, onProgress }) => {
    const { giveWay } = scheduler;
    const turns = { signal, giveWay };
    let done = 0;
    const show = (sweep: Sweep, neurons: Int32Array) =>
      runSweep(sweep, {
        model,
        neurons: neurons.length,
        decode: (task) => task(),
        giveWay,
        ask: async (stimuli: Stimuli) => {
          signal.throwIfAborted();
          const request = { digest, stimuli, neurons, priority: 'sweep', signal } as const;
          const { values } = await scheduler.respond(request);
          done += stimuli.count;
          onProgress({ done, total });
          return values;
        },
      });
    const mapped = await show(probe.sweep, columns);
    const fields = await eachNeuron(turns, mapped, (responses, blank) =>
      receptiveField(probe, probe.maps(responses), blank),
    );
    const neurons = await someAtOnce(ids, async (id, i): Promise<CharacterizedNeuron> => {
      const row = await characterize(canvas, contrast, fields[i]!, async (sweep) => {
        const swept = await show(sweep, columns.subarray(i, i + 1));
        const shown = tuningSweep(sweep);
        const [tuning] = await eachNeuron(turns, swept, (responses, blank) =>
          neuronTuning(shown, responses, blank),
        );
        return { stage: stageOf(sweep, swept), tuning: tuning! };
      });
      return { id, CORR: corrOf.get(id) ?? null, ...row };
    });
    return { canvas, position: stageOf(probe.sweep, mapped), neurons, stimuli: total };
  };
}

/** One neuron's row, whose position map is known. */
async function characterize(
  canvas: Canvas,
  shown: number,
  map: ReceptiveField,
  measure: Measure,
): Promise<Omit<CharacterizedNeuron, 'id' | 'CORR'>> {
  const { field, fallbacks } = fieldOf(map, usualDiameter(canvas));
  const gratingAt = { ...field, diameter: FIELDS_ACROSS * field.diameter, contrast: shown };
  const anyGrating = { ...gratingAt, orientation: 0, spatialFrequency: 0 };
  const grating = await measure(SWEEPS.grating(canvas, anyGrating));
  const best = preferredGrating(grating.tuning);
  const size = await measure(SWEEPS.size(canvas, { ...anyGrating, ...best.preferred }));
  const { at, response } = size.tuning.peak;
  const preferred = { ...anyGrating, ...best.preferred, diameter: at['diameter']! };
  const contrast = await measure(SWEEPS.contrast(canvas, preferred));
  const surround = await measure(SWEEPS.surround(canvas, preferred));
  const measured = ({ stage, tuning: { curve } }: typeof size): Measured => ({ ...stage, curve });
  return {
    preferred,
    fallbacks: [...fallbacks, ...best.fallbacks],
    blank: size.tuning.blank,
    response,
    indices: characteristics({
      field: map,
      grating: grating.tuning,
      gratingAt,
      size: size.tuning,
      contrast: contrast.tuning,
      surround: surround.tuning,
    }),
    stages: {
      grating: measured(grating),
      size: measured(size),
      contrast: measured(contrast),
      surround: measured(surround),
    },
  };
}

/**
 * That asked for, or the one that `contrastInRange` gives.
 * @throws InputError for more than can be shown
 */
function contrastOf({ contrast }: CharacterizationBody, card: ModelCard, canvas: Canvas): number {
  if (contrast === undefined) return contrastInRange(card, canvas);
  const largest = largestContrast(canvas);
  if (contrast <= largest) return contrast;
  throw errorAt('contrast', `on the background of this model at most ${largest} can be shown`);
}

function stageOf({ stimulus, axes, averaged }: Sweep, { reports }: SweptResponses): Stage {
  return {
    stimulus,
    axes,
    averagedOver: averaged ? { [averaged.parameter]: averaged.values } : {},
    stimulusSet: setDigest(reports.map(({ digest }) => digest)),
    warnings: gatherWarnings(reports),
  };
}

/** Some items at a time, the results in their order; the first error ends it. */
async function someAtOnce<T, R>(
  items: readonly T[],
  work: (item: T, index: number) => Promise<R>,
): Promise<R[]> {
  const results: R[] = [];
  const waiting = items.entries();
  const worker = async () => {
    for (const [index, item] of waiting) results[index] = await work(item, index);
  };
  await Promise.all(Array.from({ length: NEURONS_AT_ONCE }, worker));
  return results;
}

function axis(parameter: string, values?: readonly number[]): AxisRequest {
  return { parameter, values, paths: { parameter, values: parameter } };
}
