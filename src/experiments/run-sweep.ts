import { memberColumns, populationSize, reduceMembers } from '../models/members.js';
import { createYielder } from '../stimulus/chunks.js';
import { checkRenderable } from '../stimulus/decode/json.js';
import { checkCount } from '../stimulus/limits.js';
import { blankStimulus } from '../stimulus/parametric/paint.js';
import { type Canvas, imageLength, setDigest } from '../stimulus/stimuli.js';
import { renderSlices, type Sweep } from '../stimulus/sweep.js';
import { gatherWarnings } from '../stimulus/warnings.js';
import type { Steps } from '../tuning/fits/least-squares.js';
import { checkResponses, column, type ResponseMatrix } from '../tuning/response-matrix.js';
import { contrastRange, modelCanvas } from './canvas.js';
import type { ExperimentContext, Subject } from './context.js';
import type { Cost } from './cost.js';
import type { SweptStimulus } from './result-parts.js';
import { reportSpread, spreadLimits } from './spread-warnings.js';
import { reportInChunks, type StimulusReport } from './stimulus-report.js';

/** The number of pixels rendered and computed at a time, which bounds the memory of a sweep. */
const SLICE_PIXELS = 2 ** 20;

export interface SweptResponses {
  /** `[stimuli, neurons]`, without the blank. */
  readonly responses: ResponseMatrix;
  /** `[neurons]`: responses to the blank. */
  readonly blank: Float32Array;
  /** Of an ensemble: the responses of its members, `[stimuli, neurons, members]`, and to the blank. */
  readonly members?: {
    readonly responses: ResponseMatrix;
    readonly blank: Float32Array;
    readonly count: number;
  };
  /** A report for each stimulus. */
  readonly reports: readonly StimulusReport[];
}

/**
 * Computes the cost of a sweep and its blank.
 * @throws PayloadTooLargeError beyond the limits
 */
export function planSweepCost(
  { model, limits }: Subject,
  sweep: Pick<Sweep, 'count'>,
  neurons: number,
): Cost {
  const stimuli = sweep.count + 1;
  checkCount(stimuli, limits);
  checkRenderable(modelCanvas(model), limits);
  return { stimuli, passes: stimuli * neurons };
}

/**
 * Renders a sweep and computes the responses to it and to the blank image, slice by slice. Other work runs
 * between the slices.
 * @param columns the columns of the neurons in the model's population
 * @throws InputError where a stimulus cannot be rendered; as `respond` of the context
 */
export async function runSweep(
  model: Subject['model'],
  sweep: Pick<Sweep, 'count' | 'paint'>,
  columns: Int32Array,
  {
    respond,
    time,
    yieldToEventLoop,
  }: Pick<ExperimentContext, 'respond' | 'time' | 'yieldToEventLoop'>,
): Promise<SweptResponses> {
  const population = populationSize(model.card);
  const members = population.members;
  const asked = members > 1 ? memberColumns(population, columns) : columns;
  const neurons = asked.length;
  const canvas = modelCanvas(model);
  const limits = spreadLimits(model.card, columns);
  const range = limits === null ? contrastRange(model) : null;
  const values = new Float32Array(sweep.count * neurons);
  const reports: StimulusReport[] = [];
  const slices = renderSlices(sweep, canvas, sliceLength(canvas), createYielder(yieldToEventLoop));
  const next = () => time('decode', () => slices.next());
  for (let slice = await next(); !slice.done; slice = await next()) {
    const { from, stimuli } = slice.value;
    // Contrasts below the training range give no warning: their error is that of the response to the blank,
    // which is in the result.
    const upTo = range && ([0, range[1]] as const);
    const reported = await time('decode', () =>
      reportInChunks(upTo, slice.value, yieldToEventLoop),
    );
    const answered = await respond(stimuli, asked);
    values.set(answered, from * neurons);
    const spread = limits && reduceMembers(answered, members).spread;
    const own = spread ? reportSpread(reported, slice.value.notes, spread, limits) : reported;
    for (const report of own) reports.push(report);
  }
  const blank = await respond(blankStimulus(canvas), asked);
  const responses = { stimuli: sweep.count, neurons, values };
  checkResponses(responses, 'responses');
  checkResponses({ stimuli: 1, neurons, values: blank }, 'blank');
  if (members === 1) return { responses, blank, reports };
  const mean = reduceMembers(values, members).mean;
  return {
    responses: { stimuli: sweep.count, neurons: columns.length, values: mean },
    blank: reduceMembers(blank, members).mean,
    members: { responses, blank, count: members },
    reports,
  };
}

/** The axes of a sweep for a result; the last varies fastest. */
export function sweptAxes({ axes }: Sweep) {
  return axes.map(({ parameter, values, unit }) => ({ parameter, values: [...values], unit }));
}

/** The values over which the responses to a sweep are averaged, by parameter. */
export function averagedOver({ averaged }: Sweep): Record<string, number[]> {
  return averaged ? { [averaged.parameter]: [...averaged.values] } : {};
}

/** The parts of a result that describe the stimuli of a sweep. */
export function sweptStimuli(sweep: Sweep, { reports }: SweptResponses) {
  return {
    warnings: gatherWarnings(reports),
    stimuli: reports.map((report, i) => ({ ...sweep.labels(i), ...report }) as SweptStimulus),
    stimulusSet: setDigest(reports.map(({ digest }) => digest)),
  };
}

/**
 * Analyses the neurons in order, step by step. Other work runs between the steps.
 * @param analyse the analysis of one neuron, given its responses `[stimuli]` and its response to the blank
 * @param addSpread adds to the analysis of an ensemble's neuron how far those of its members are apart
 * @throws the signal's reason once it is aborted
 */
export async function eachNeuron<T>(
  { responses, blank, members }: SweptResponses,
  { signal, yieldToEventLoop }: Pick<ExperimentContext, 'signal' | 'yieldToEventLoop'>,
  analyse: (responses: Float64Array, blank: number, neuron: number) => Steps<T>,
  addSpread?: (own: T, members: readonly T[]) => T,
): Promise<T[]> {
  const results: T[] = [];
  for (let neuron = 0; neuron < responses.neurons; neuron++) {
    const own = await finish(analyse(column(responses, neuron), blank[neuron]!, neuron));
    const others: T[] = [];
    const first = neuron * (members?.count ?? 0);
    for (let i = 0; members && addSpread && i < members.count; i++) {
      const each = column(members.responses, first + i);
      others.push(await finish(analyse(each, members.blank[first + i]!, neuron)));
    }
    results.push(members && addSpread ? addSpread(own, others) : own);
  }
  return results;

  async function finish(steps: Steps<T>): Promise<T> {
    let step = steps.next();
    for (; !step.done; step = steps.next()) await yieldToEventLoop();
    await yieldToEventLoop();
    signal.throwIfAborted();
    return step.value;
  }
}

function sliceLength(canvas: Canvas): number {
  return Math.max(1, Math.floor(SLICE_PIXELS / imageLength(canvas)));
}
