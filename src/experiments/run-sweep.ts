import { createYielder } from '../stimulus/chunks.js';
import { checkRenderable } from '../stimulus/decode/json.js';
import { checkCount } from '../stimulus/limits.js';
import { blankStimulus } from '../stimulus/parametric/paint.js';
import { type Canvas, setDigest } from '../stimulus/stimuli.js';
import { renderSlices, type Sweep } from '../stimulus/sweep.js';
import { gatherWarnings } from '../stimulus/warnings.js';
import type { Steps } from '../tuning/fits/least-squares.js';
import { checkResponses, column, type ResponseMatrix } from '../tuning/response-matrix.js';
import { contrastRange, modelCanvas } from './canvas.js';
import type { ExperimentContext, Subject } from './context.js';
import type { Cost } from './cost.js';
import type { SweptStimulus } from './result-parts.js';
import { reportInChunks, type StimulusReport } from './stimulus-report.js';

/** Rendered and computed at a time, so that memory has a bound whatever the sweep. */
const SLICE_PIXELS = 2 ** 20;

export interface SweptResponses {
  /** `[stimuli, neurons]`, without the blank. */
  readonly responses: ResponseMatrix;
  /** `[neurons]`: responses to the blank. */
  readonly blank: Float32Array;
  /** Of each stimulus. */
  readonly reports: readonly StimulusReport[];
}

/**
 * The cost of a sweep and its blank.
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
 * Renders a sweep and computes the responses to it and to the blank image, slice by slice; other work
 * runs in between.
 * @param columns of the model's population
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
  const neurons = columns.length;
  const canvas = modelCanvas(model);
  const range = contrastRange(model);
  const values = new Float32Array(sweep.count * neurons);
  const reports: StimulusReport[] = [];
  const slices = renderSlices(sweep, canvas, sliceLength(canvas), createYielder(yieldToEventLoop));
  const next = () => time('decode', () => slices.next());
  for (let slice = await next(); !slice.done; slice = await next()) {
    const { from, stimuli } = slice.value;
    // The response to the blank is a part of the result, and shows what a low contrast does to the error.
    const upTo = range && ([0, range[1]] as const);
    const reported = await time('decode', () =>
      reportInChunks(upTo, slice.value, yieldToEventLoop),
    );
    for (const report of reported) reports.push(report);
    values.set(await respond(stimuli, columns), from * neurons);
  }
  const blank = await respond(blankStimulus(canvas), columns);
  const responses = { stimuli: sweep.count, neurons, values };
  checkResponses(responses, 'responses');
  checkResponses({ stimuli: 1, neurons, values: blank }, 'blank');
  return { responses, blank, reports };
}

/** What varied in a sweep, the last fastest. */
export function sweptAxes({ axes }: Sweep) {
  return axes.map(({ parameter, values, unit }) => ({ parameter, values: [...values], unit }));
}

/** The values over which the responses to a sweep are averaged, by the parameter. */
export function averagedOver({ averaged }: Sweep): Record<string, number[]> {
  return averaged ? { [averaged.parameter]: [...averaged.values] } : {};
}

/** What a result says of the stimuli of a sweep. */
export function sweptStimuli(sweep: Sweep, { reports }: SweptResponses) {
  return {
    warnings: gatherWarnings(reports),
    stimuli: reports.map((report, i) => ({ ...sweep.labels(i), ...report }) as SweptStimulus),
    stimulusSet: setDigest(reports.map(({ digest }) => digest)),
  };
}

/**
 * Analyses neuron after neuron, step by step; other work runs in between.
 * @param analyse gets the neuron's responses `[stimuli]`, and the one to the blank
 * @throws the signal's reason once it is aborted
 */
export async function eachNeuron<T>(
  { responses, blank }: SweptResponses,
  { signal, yieldToEventLoop }: Pick<ExperimentContext, 'signal' | 'yieldToEventLoop'>,
  analyse: (responses: Float64Array, blank: number, neuron: number) => Steps<T>,
): Promise<T[]> {
  const results: T[] = [];
  for (let neuron = 0; neuron < responses.neurons; neuron++) {
    const steps = analyse(column(responses, neuron), blank[neuron]!, neuron);
    let step = steps.next();
    for (; !step.done; step = steps.next()) await yieldToEventLoop();
    results.push(step.value);
    await yieldToEventLoop();
    signal.throwIfAborted();
  }
  return results;
}

function sliceLength({ height, width }: Canvas): number {
  return Math.max(1, Math.floor(SLICE_PIXELS / (height * width)));
}
