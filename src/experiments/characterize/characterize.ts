import type { ModelCard } from '../../models/card.js';
import { errorAt } from '../../stimulus/errors.js';
import { largestContrast } from '../../stimulus/parametric/paint.js';
import { type Canvas, type Stimuli, setDigest } from '../../stimulus/stimuli.js';
import { type AxisRequest, planSweep, type Sweep } from '../../stimulus/sweep.js';
import { gatherWarnings } from '../../stimulus/warnings.js';
import {
  CHARACTERISTICS,
  type Characteristics,
  characteristics,
  NAMES,
} from '../../tuning/characterization.js';
import { type NeuronTuning, neuronTuning } from '../../tuning/parametric.js';
import { locateField, preferredGrating } from '../../tuning/preferred.js';
import { type ReceptiveField, receptiveField } from '../../tuning/receptive-field.js';
import type { Index } from '../../tuning/schemas.js';
import { surroundIndices } from '../../tuning/surround-indices.js';
import { modelCanvas } from '../canvas.js';
import type { ExperimentContext, Subject } from '../context.js';
import type { Cost } from '../cost.js';
import { defaultContrast, defaultDiameter } from '../default-grating.js';
import { withFieldSpread, withMemberIntervals, withTuningSpread } from '../member-spread.js';
import { type NeuronSelection, selectNeurons } from '../neurons.js';
import { tuningSweep } from '../parametric.js';
import { type PositionProbe, planProbe, ReceptiveFieldRequest } from '../position-probe.js';
import { modelIdentity } from '../result-parts.js';
import {
  averagedOver,
  eachNeuron,
  runSweep,
  type SweptResponses,
  sweptAxes,
} from '../run-sweep.js';
import type {
  CharacterizationRequest,
  CharacterizationResult,
  CharacterizedNeuron,
  GratingAt,
  Measured,
  Stage,
  StageName,
} from './schemas.js';

/** With several neurons, stimuli of some are rendered while responses of others are computed. */
const CONCURRENT_NEURONS = 3;
/**
 * The diameter of the gratings of the first stage, as a multiple of the mapped field. At this size F1/F0 of a model
 * agrees best with that of the true neurons, and orientation agrees as well; the true F1/F0 is the same at all sizes
 * (`bench:modulation`, `bench:truth`).
 */
const FIELDS_ACROSS = 1.5;
/** The angles of the surround relative to the centre: the first is parallel, the seventh orthogonal. */
const TURNS = Array.from({ length: 12 }, (_, i) => 15 * i);

/** The tuning of a neuron to a sweep; of an ensemble also that of each member. */
interface StageTuning {
  readonly stage: Stage;
  readonly tuning: NeuronTuning;
  readonly members: readonly NeuronTuning[];
}

type Measure = (sweep: Sweep) => Promise<StageTuning>;

/** The sweep of each stage. */
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

/** A characterization that can be run. */
export interface CharacterizationPlan extends NeuronSelection {
  readonly model: Subject['model'];
  readonly canvas: Canvas;
  readonly probe: PositionProbe;
  /** Michelson contrast. */
  readonly contrast: number;
  readonly cost: Cost;
}

/**
 * Plans a characterization without rendering anything. The position map is measured for all neurons together.
 * Then each neuron is measured on its own: orientation by spatial frequency by phase at its centre, and diameter,
 * contrast and the orientation of a surround with its preferred grating.
 * @throws InputError for neurons that do not exist, and for a contrast that cannot be rendered
 */
export function planCharacterization(
  { model }: Pick<Subject, 'model'>,
  request: CharacterizationRequest,
): CharacterizationPlan {
  const { card } = model;
  const selection = selectNeurons(card, request.neurons);
  const neurons = selection.ids.length;
  const canvas = modelCanvas(model);
  const side = Math.min(canvas.height, canvas.width);
  const probe = planProbe(ReceptiveFieldRequest.parse({}), canvas);
  const contrast = chooseContrast(request, card, canvas);
  const anywhere = { x: 0, y: 0, orientation: 0, spatialFrequency: 0.1, diameter: side, contrast };
  // Each sweep also has a blank.
  const counts = Object.values(SWEEPS).map((plan) => plan(canvas, anywhere).count + 1);
  const each = counts.reduce((sum, count) => sum + count);
  const mapped = probe.sweep.count + 1;
  const cost = { stimuli: mapped + neurons * each, passes: neurons * (mapped + each) };
  return { model, canvas, probe, contrast, ...selection, cost };
}

/**
 * Characterizes neurons: renders, computes and fits the stages in order.
 * @throws as `respond` of the context; the signal's reason once it is aborted
 * @example
 * const plan = planCharacterization({ model }, { neurons: [3] });
 * const { neurons } = await runCharacterization(plan, experimentContext({ respond }));
 * neurons[0].indices.preferredOrientationFit; // { value: 42.1, ... }, degrees
 */
export async function runCharacterization(
  { model, canvas, probe, contrast, ids, columns, cost }: CharacterizationPlan,
  context: ExperimentContext,
): Promise<CharacterizationResult> {
  const { signal, onProgress, step } = context;
  const correlations = new Map(model.card.neurons.map(({ id, CORR }) => [id, CORR]));
  let done = 0;
  const advance = (stimuli: number) => {
    done += stimuli;
    onProgress({ done, total: cost.stimuli });
  };
  /** As `step`; counts the stimuli of a part that an earlier run has saved. */
  const countedStep = async <T>(key: string, stimuli: number, compute: () => Promise<T>) => {
    let computes = false;
    const value = await step(key, () => {
      computes = true;
      return compute();
    });
    if (!computes) advance(stimuli);
    return value;
  };
  const counting = {
    ...context,
    respond: async (stimuli: Stimuli, neurons: Int32Array) => {
      signal.throwIfAborted();
      const values = await context.respond(stimuli, neurons);
      advance(stimuli.count);
      return values;
    },
  };
  const present = (sweep: Sweep, neurons: Int32Array) => runSweep(model, sweep, neurons, counting);
  const stimuliOfMap = probe.sweep.count + 1;
  const { fields, position } = await countedStep('position', stimuliOfMap, async () => {
    const mapped = await present(probe.sweep, columns);
    const found = await eachNeuron(
      mapped,
      context,
      (responses, blank) => receptiveField(probe, probe.maps(responses), blank),
      withFieldSpread,
    );
    return { fields: found, position: describeStage(probe.sweep, mapped) };
  });
  const stimuliOfNeuron = (cost.stimuli - stimuliOfMap) / ids.length;
  const neurons = await eachConcurrently(ids, async (id, i): Promise<CharacterizedNeuron> => {
    const row = await countedStep(`neuron ${id}`, stimuliOfNeuron, () =>
      characterize(canvas, contrast, fields[i]!, async (sweep) => {
        const swept = await present(sweep, columns.subarray(i, i + 1));
        const analysed = tuningSweep(sweep);
        let members: readonly NeuronTuning[] = [];
        const [tuning] = await eachNeuron(
          swept,
          context,
          (responses, blank) => neuronTuning(analysed, responses, blank),
          (own, others) => {
            members = others;
            return withTuningSpread(own, others);
          },
        );
        return { stage: describeStage(sweep, swept), tuning: tuning!, members };
      }),
    );
    return { id, CORR: correlations.get(id) ?? null, ...row };
  });
  return {
    model: modelIdentity(model),
    stimuli: cost.stimuli,
    position,
    characteristics: formulas(neurons[0]!.indices),
    neurons,
  };
}

/** Lists the unit and the formula of each characteristic, which are the same for all neurons. */
function formulas(indices: Characteristics): CharacterizationResult['characteristics'] {
  const entries = NAMES.map((name) => {
    const { formula, negative, baseline } = indices[name];
    return [name, { unit: CHARACTERISTICS[name], formula, negative, baseline }] as const;
  });
  return Object.fromEntries(entries) as CharacterizationResult['characteristics'];
}

/** Measures one neuron's row, given its position map. */
async function characterize(
  canvas: Canvas,
  contrast: number,
  map: ReceptiveField,
  measure: Measure,
): Promise<Omit<CharacterizedNeuron, 'id' | 'CORR'>> {
  const { field, fallbacks } = locateField(map, defaultDiameter(canvas));
  const gratingAt = { ...field, diameter: FIELDS_ACROSS * field.diameter, contrast };
  const anyGrating = { ...gratingAt, orientation: 0, spatialFrequency: 0 };
  const grating = await measure(SWEEPS.grating(canvas, anyGrating));
  const best = preferredGrating(grating.tuning);
  const size = await measure(SWEEPS.size(canvas, { ...anyGrating, ...best.preferred }));
  const { at, response } = size.tuning.peak;
  const preferred = { ...anyGrating, ...best.preferred, diameter: at['diameter']! };
  const byContrast = await measure(SWEEPS.contrast(canvas, preferred));
  const surround = await measure(SWEEPS.surround(canvas, preferred));
  const measured = ({ stage, tuning: { curve } }: StageTuning): Measured => ({ ...stage, curve });
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
      contrast: byContrast.tuning,
      suppression: suppressionOf(size, surround),
    }),
    stages: {
      grating: measured(grating),
      size: measured(size),
      contrast: measured(byContrast),
      surround: measured(surround),
    },
  };
}

function suppressionOf(size: StageTuning, surround: StageTuning): Readonly<Record<string, Index>> {
  const own = surroundIndices(size.tuning, surround.tuning);
  if (size.members.length === 0) return own;
  const members = size.members.map((member, i) => surroundIndices(member, surround.members[i]!));
  return withMemberIntervals(own, members);
}

/**
 * Returns the contrast of the request, or the default contrast.
 * @throws InputError for a contrast that cannot be rendered
 */
function chooseContrast(
  { contrast }: CharacterizationRequest,
  card: ModelCard,
  canvas: Canvas,
): number {
  if (contrast === undefined) return defaultContrast(card, canvas);
  const largest = largestContrast(canvas);
  if (contrast <= largest) return contrast;
  throw errorAt(
    'contrast',
    `too large for the background of this model: ${contrast}; expected at most ${largest}`,
  );
}

function describeStage(sweep: Sweep, { reports }: SweptResponses): Stage {
  return {
    stimulus: sweep.stimulus,
    axes: sweptAxes(sweep),
    averagedOver: averagedOver(sweep),
    stimulusSet: setDigest(reports.map(({ digest }) => digest)),
    warnings: gatherWarnings(reports),
  };
}

/** Processes a few items concurrently. The results are in the order of the items; the first error ends it. */
async function eachConcurrently<T, R>(
  items: readonly T[],
  work: (item: T, index: number) => Promise<R>,
): Promise<R[]> {
  const results: R[] = [];
  const waiting = items.entries();
  const worker = async () => {
    for (const [index, item] of waiting) results[index] = await work(item, index);
  };
  await Promise.all(Array.from({ length: CONCURRENT_NEURONS }, worker));
  return results;
}

function axis(parameter: string, values?: readonly number[]): AxisRequest {
  return { parameter, values, paths: { parameter, values: parameter } };
}
