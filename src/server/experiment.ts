import { z } from 'zod';
import { InputError } from '../errors.js';
import type { Entry } from '../stimulus/parametric/entry.js';
import { isKind, type Kind, SCHEMAS } from '../stimulus/parametric/kinds.js';
import type { Canvas } from '../stimulus/stimuli.js';
import { type AxisRequest, planSweep, type Sweep, sweepable } from '../stimulus/sweep.js';
import type { Sweep as TuningSweep } from '../tuning/parametric.js';
import { averagesPhases, dimensionOf } from './dimensions.js';
import { NeuronList } from './neurons.js';

/** Of one parameter, and of two together: more would hold others up while they are fitted. */
const MOST_VALUES = 1000;
const MOST_COMBINATIONS = 2500;

const Values = z.array(z.number()).min(1).max(MOST_VALUES);

/** Neurons in a JSON body, as `selectNeurons` takes them. */
export const Neurons = z.union([NeuronList, z.array(z.int().nonnegative()).min(1)]).optional();

/** The body of a parametric tuning request; `{}` is a whole experiment. */
export const Experiment = z
  .strictObject({
    parameter: z.string().optional().describe('what is swept; by default the orientation'),
    values: Values.optional().describe('by default those of the battery'),
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
export type Experiment = z.infer<typeof Experiment>;

/** What is swept of a stimulus when nothing is said: the first of these that it has. */
const USUAL = ['orientation', 'direction', 'diameter', 'contrast'];

/**
 * Plans the sweep of an experiment.
 * @throws InputError where the stimulus, a parameter or a value is not one that there is, or where
 *   there are too many
 */
export function planExperiment(experiment: Experiment, canvas: Canvas): Sweep {
  const { parameter, values, second, secondValues } = experiment;
  const named = [parameter, second].filter((name) => name !== undefined);
  const stimulus = experiment.stimulus ?? stimulusWith(named);
  const first: AxisRequest = {
    parameter: parameter ?? usualParameter(stimulus),
    values,
    paths: { parameter: 'parameter', values: 'values' },
  };
  const paths = { parameter: 'second', values: 'secondValues' };
  const axes =
    second === undefined ? [first] : [first, { parameter: second, values: secondValues, paths }];
  const sweep = planSweep({ stimulus, axes }, canvas);
  const combinations = sweep.axes.reduce((product, axis) => product * axis.values.length, 1);
  if (combinations <= MOST_COMBINATIONS) return sweep;
  const message = `${combinations} combinations of values; at most ${MOST_COMBINATIONS} are measured at once`;
  throw new InputError(message, [{ path: 'secondValues', message }]);
}

/** What the analysis needs to know of a sweep. */
export function tuningSweep(sweep: Sweep): TuningSweep {
  const [first, second] = sweep.axes.map((axis) => ({
    name: axis.parameter,
    dimension: dimensionOf(sweep, axis),
    values: axis.values,
  }));
  if (first === undefined) throw new Error('a sweep without a parameter');
  return {
    axes: second ? [first, second] : [first],
    variants: sweep.averaged?.values.length ?? 1,
    phases: averagesPhases(sweep),
  };
}

/** A grating, or the first kind that has all of the parameters. */
function stimulusWith(parameters: readonly string[]): Entry {
  const kinds = Object.keys(SCHEMAS).filter(isKind);
  const kind = kinds.find((each) => parameters.every((name) => sweepable(each).includes(name)));
  return { [kind ?? 'grating']: {} };
}

function usualParameter(stimulus: Entry): string {
  const kind: Kind = Object.keys(stimulus).find(isKind) ?? 'grating';
  const there = sweepable(kind);
  return USUAL.find((name) => there.includes(name)) ?? 'orientation';
}
