import { z } from 'zod';
import { InputError } from '../errors.js';
import type { Entry } from '../stimulus/parametric/entry.js';
import { isKind, type Kind, SCHEMAS } from '../stimulus/parametric/kinds.js';
import type { Canvas } from '../stimulus/stimuli.js';
import {
  type AxisRequest,
  planSweep,
  type Sweep,
  sweepable,
  sweptNames,
} from '../stimulus/sweep.js';
import { NeuronTuning, neuronTuning, type Sweep as TuningSweep } from '../tuning/parametric.js';
import { modelCanvas } from './canvas.js';
import type { ExperimentContext, Subject } from './context.js';
import type { Cost } from './cost.js';
import { averagesPhases, findDimension } from './dimensions.js';
import { withTuningSpread } from './member-spread.js';
import { type NeuronSelection, Neurons, selectNeurons } from './neurons.js';
import {
  Digest,
  Id,
  ModelIdentity,
  modelIdentity,
  Numbers,
  StimulusEntry,
  SweptStimuli,
  sweptAxis,
  Warnings,
} from './result-parts.js';
import {
  averagedOver,
  eachNeuron,
  planSweepCost,
  runSweep,
  sweptAxes,
  sweptStimuli,
} from './run-sweep.js';

/** The largest numbers of values of one parameter, and of combinations of two; more would take too long to fit. */
const MAX_VALUES = 1000;
const MAX_COMBINATIONS = 2500;

const Values = z.array(z.number()).min(1).max(MAX_VALUES);

/** Tuning to one or two stimulus parameters; `{}` is a whole experiment. */
export const ParametricRequest = z
  .strictObject({
    parameter: z.string().optional().describe('what is swept; by default the orientation'),
    values: Values.optional().describe('left out: the default values of the parameter'),
    second: z.string().optional().describe('swept at every value of the first'),
    secondValues: Values.optional(),
    stimulus: z
      .record(z.string(), z.unknown())
      .optional()
      .describe('a stimulus by its parameters, less what is swept, such as {"grating": {...}}'),
    neurons: Neurons,
  })
  .refine(({ second, secondValues }) => second !== undefined || secondValues === undefined, {
    path: ['second'],
    error: 'is missing, and secondValues is given; expected the parameter of these values',
  })
  .refine(({ parameter, second }) => second === undefined || parameter !== undefined, {
    path: ['parameter'],
    error: 'is missing, and second is given; expected the first parameter',
  })
  .refine(({ parameter, second }) => second === undefined || parameter !== second, {
    path: ['second'],
    error: 'is the first parameter again',
  });
export type ParametricRequest = z.infer<typeof ParametricRequest>;

/** Curves, fits and indices of each neuron. Angles are in degrees, lengths in the unit of the result. */
export const ParametricResult = z.strictObject({
  model: ModelIdentity,
  ...sweptAxis,
  second: z.strictObject(sweptAxis).optional(),
  averagedOver: z.record(z.string(), Numbers),
  neurons: z.array(z.strictObject({ id: Id, ...NeuronTuning.shape })),
  stimulus: StimulusEntry,
  warnings: Warnings,
  stimuli: SweptStimuli,
  stimulusSet: Digest,
});
export type ParametricResult = z.infer<typeof ParametricResult>;

/** A parametric experiment that can be run. */
export interface ParametricPlan extends NeuronSelection {
  readonly model: Subject['model'];
  readonly sweep: Sweep;
  readonly cost: Cost;
}

/** The default parameter is the first of these that the stimulus has. */
const DEFAULT_PARAMETERS = ['orientation', 'direction', 'diameter', 'contrast'];

/**
 * Plans a parametric experiment without rendering anything.
 * @throws InputError if a neuron, the stimulus, a parameter or a value does not exist, or if there are too many
 *   values
 * @throws PayloadTooLargeError if the stimuli exceed the limits
 */
export function planParametric(subject: Subject, request: ParametricRequest): ParametricPlan {
  const { model } = subject;
  const selection = selectNeurons(model.card, request.neurons);
  const sweep = parametricSweep(request, modelCanvas(model));
  return { model, sweep, ...selection, cost: planSweepCost(subject, sweep, selection.ids.length) };
}

/**
 * Measures tuning: renders the sweep, computes the responses, fits curves and derives indices.
 * @throws as `respond` of the context; the signal's reason once it is aborted
 * @example
 * const plan = planParametric({ model, limits }, { parameter: 'spatialFrequency', neurons: [3] });
 * const { neurons } = await runParametric(plan, experimentContext({ respond }));
 * neurons[0].indices.preferredSpatialFrequency; // { value: 0.08, ... }, cycles/pixel
 */
export async function runParametric(
  { model, sweep, ids, columns }: ParametricPlan,
  context: ExperimentContext,
): Promise<ParametricResult> {
  const swept = await runSweep(model, sweep, columns, context);
  const analysed = tuningSweep(sweep);
  const tunings = await eachNeuron(
    swept,
    context,
    (responses, blank) => neuronTuning(analysed, responses, blank),
    withTuningSpread,
  );
  const neurons = tunings.map((tuning, i) => ({ id: ids[i]!, ...tuning }));
  const [first, second] = sweptAxes(sweep);
  const { warnings, ...presented } = sweptStimuli(sweep, swept);
  return {
    model: modelIdentity(model),
    ...first!,
    ...(second ? { second } : {}),
    averagedOver: averagedOver(sweep),
    stimulus: sweep.stimulus,
    warnings,
    neurons,
    ...presented,
  };
}

/**
 * Plans the sweep of a parametric experiment.
 * @throws InputError where the stimulus, a parameter or a value does not exist, or where there are too many
 */
export function parametricSweep(request: ParametricRequest, canvas: Canvas): Sweep {
  const { parameter, values, second, secondValues } = request;
  const named = [parameter, second].filter((name) => name !== undefined);
  const stimulus = request.stimulus ?? stimulusWith(named);
  const first: AxisRequest = {
    parameter: parameter ?? defaultParameter(stimulus),
    values,
    paths: { parameter: 'parameter', values: 'values' },
  };
  const paths = { parameter: 'second', values: 'secondValues' };
  const axes =
    second === undefined ? [first] : [first, { parameter: second, values: secondValues, paths }];
  const sweep = planSweep({ stimulus, axes }, canvas);
  const combinations = sweep.axes.reduce((product, axis) => product * axis.values.length, 1);
  if (combinations <= MAX_COMBINATIONS) return sweep;
  const message = `too many combinations of values: ${combinations}; expected at most ${MAX_COMBINATIONS}`;
  throw new InputError(message, [{ path: 'secondValues', message }]);
}

/** Converts a sweep for its analysis. */
export function tuningSweep(sweep: Sweep): TuningSweep {
  const [first, second] = sweep.axes.map((axis) => ({
    name: axis.parameter,
    dimension: findDimension(sweep, axis),
    values: axis.values,
  }));
  if (first === undefined) throw new Error('a sweep without a parameter');
  return {
    axes: second ? [first, second] : [first],
    variants: sweep.averaged?.values.length ?? 1,
    phases: averagesPhases(sweep),
  };
}

/** Chooses a grating, or the first kind of stimulus that has all of the parameters. */
function stimulusWith(parameters: readonly string[]): Entry {
  const kinds = Object.keys(SCHEMAS).filter(isKind);
  const kind = kinds.find((each) => parameters.every((name) => sweptNames(each).includes(name)));
  return { [kind ?? 'grating']: {} };
}

function defaultParameter(stimulus: Entry): string {
  const kind: Kind = Object.keys(stimulus).find(isKind) ?? 'grating';
  const names = sweepable(kind);
  return DEFAULT_PARAMETERS.find((name) => names.includes(name)) ?? 'orientation';
}
