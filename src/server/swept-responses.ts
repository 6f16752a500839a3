import type { ServedModel } from '../inference/catalogue.js';
import { checkRenderable } from '../stimulus/entries.js';
import { checkCount } from '../stimulus/limits.js';
import { blankStimulus } from '../stimulus/parametric/paint.js';
import type { Canvas, Stimuli } from '../stimulus/stimuli.js';
import { renderSlices, type Sweep } from '../stimulus/sweep.js';
import { type GiveWay, turnTaker } from '../stimulus/turns.js';
import type { Steps } from '../tuning/fits/least-squares.js';
import { checkResponses, column, type ResponseMatrix } from '../tuning/response-matrix.js';
import { compute, type Question } from './compute.js';
import type { AppDependencies, Service } from './service.js';
import { canvasOf, contrastRange, reportInTurns, type StimulusReport } from './stimulus-request.js';
import { type AppContext, timed } from './trace.js';

/** Rendered and computed at a time, so that memory has a bound whatever the sweep. */
const SLICE_PIXELS = 2 ** 20;

export interface SweptResponses {
  /** `[stimuli, neurons]`, the blank not among them. */
  readonly responses: ResponseMatrix;
  /** `[neurons]`: responses to the blank. */
  readonly blank: Float32Array;
  /** Of each stimulus. */
  readonly reports: readonly StimulusReport[];
}

/** How the stimuli of a sweep get their responses. */
export interface Asking {
  readonly model: ServedModel;
  /** Neurons asked for. */
  readonly neurons: number;
  /** @returns responses [stimuli, neurons], row-major */
  readonly ask: (stimuli: Stimuli) => Promise<Float32Array>;
  /** Around all that is rendered, to time it. */
  readonly decode: <T>(task: () => Promise<T>) => Promise<T>;
  readonly giveWay: GiveWay;
}

/**
 * Renders a sweep and asks for the responses to it and to the blank image, slice by slice; others
 * have their turn in between.
 * @throws InputError where a stimulus cannot be shown; as `ask`
 */
export async function runSweep(
  sweep: Pick<Sweep, 'count' | 'paint'>,
  { model, neurons, ask, decode, giveWay }: Asking,
): Promise<SweptResponses> {
  const canvas = canvasOf(model);
  const range = contrastRange(model);
  const values = new Float32Array(sweep.count * neurons);
  const reports: StimulusReport[] = [];
  const slices = renderSlices(sweep, canvas, sliceOf(canvas), turnTaker(giveWay));
  const next = () => decode(() => slices.next());
  for (let slice = await next(); !slice.done; slice = await next()) {
    const { from, stimuli } = slice.value;
    // what a low contrast does to the error shows in the response to the blank, which is given beside them
    const upTo = range && ([0, range[1]] as const);
    const reported = await decode(() => reportInTurns(upTo, slice.value, giveWay));
    for (const report of reported) reports.push(report);
    values.set(await ask(stimuli), from * neurons);
  }
  const blank = await ask(blankStimulus(canvas));
  const responses = { stimuli: sweep.count, neurons, values };
  checkResponses(responses, 'responses');
  checkResponses({ stimuli: 1, neurons, values: blank }, 'blank');
  return { responses, blank, reports };
}

/**
 * As `runSweep`, for a client that waits.
 * @throws PayloadTooLargeError beyond the limits; as `runSweep` and `compute`
 */
export async function sweptResponses(
  c: AppContext,
  { clock, limits }: AppDependencies,
  service: Service,
  sweep: Pick<Sweep, 'count' | 'paint'>,
  question: Omit<Question, 'stimuli' | 'priority'>,
): Promise<SweptResponses> {
  const { model, columns } = question;
  // one more is the blank
  checkCount(sweep.count + 1, limits);
  checkRenderable(canvasOf(model), limits);
  const swept = await runSweep(sweep, {
    model,
    neurons: columns.length,
    ask: (stimuli) => compute(c, service, { ...question, stimuli, priority: 'sweep' }),
    decode: (task) => timed(c, clock, 'decode', task),
    giveWay: service.scheduler.giveWay,
  });
  c.get('trace').stimuli = sweep.count + 1;
  return swept;
}

/**
 * Analyses neuron after neuron, step by step; others have their turn in between.
 * @param analyse is given the neuron's responses `[stimuli]`, and the one to the blank
 * @throws when the signal was aborted
 */
export async function eachNeuron<T>(
  { signal, giveWay }: { readonly signal: AbortSignal; readonly giveWay: GiveWay },
  { responses, blank }: SweptResponses,
  analyse: (responses: Float64Array, blank: number, neuron: number) => Steps<T>,
): Promise<T[]> {
  const results: T[] = [];
  for (let neuron = 0; neuron < responses.neurons; neuron++) {
    const steps = analyse(column(responses, neuron), blank[neuron]!, neuron);
    let step = steps.next();
    for (; !step.done; step = steps.next()) await giveWay();
    results.push(step.value);
    await giveWay();
    signal.throwIfAborted();
  }
  return results;
}

function sliceOf({ height, width }: Canvas): number {
  return Math.max(1, Math.floor(SLICE_PIXELS / (height * width)));
}
