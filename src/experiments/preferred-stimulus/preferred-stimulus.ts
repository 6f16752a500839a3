import { InputError, PayloadTooLargeError } from '../../errors.js';
import type { MaximisationTerms } from '../../interpret/activation-maximisation.js';
import { byEvolution, imagesPerStep } from '../../interpret/evolution/evolve.js';
import { byGradient, preferredStimuli } from '../../interpret/preferred-stimulus.js';
import type { ModelCard } from '../../models/card.js';
import { pixelBytes } from '../../stimulus/pixel-values.js';
import { imageAxes, type Stimuli, sliceStimuli } from '../../stimulus/stimuli.js';
import type { ExperimentContext, Subject } from '../context.js';
import { type Cost, GRADIENT_PASSES } from '../cost.js';
import { type NeuronSelection, selectNeurons } from '../neurons.js';
import { hasGradient } from '../require-gradient.js';
import type { Responses } from '../responses.js';
import { respondWithSpread } from '../spread.js';
import type { AscentPreview, PreferredStimulusRequest } from './schemas.js';

/** The largest number of steps over all neurons and restarts; they take about two hours on one core. */
const MAX_WORK = 1_000_000;
/** The root mean square of the pixels about the background if the card has no training range. */
const CONTRAST = 0.15;

/** How images are found: up the gradient, or with responses alone where there is no gradient. */
export type SearchMethod = 'gradient' | 'cma-es';

/** A search for preferred stimuli that can be run. */
export interface PreferredStimulusPlan extends NeuronSelection {
  readonly model: Subject['model'];
  readonly method: SearchMethod;
  readonly restarts: number;
  readonly terms: MaximisationTerms;
  /** The stored set that the request names, of the model's size. */
  readonly set: Stimuli | undefined;
  readonly cost: Cost;
}

/** The stimulus of a stored set with the strongest response. */
export interface BestOfSet {
  /** Its number in the set. */
  readonly stimulus: number;
  readonly response: number;
  /** Of an ensemble: the standard deviation of its members. */
  readonly spread?: number;
}

/** The images found for one neuron, with the responses that the serving engine computed. */
interface PreferredStimulus {
  readonly id: number;
  /** A response for each restart. */
  readonly images: Stimuli;
  readonly responses: Float32Array;
  /** Of an ensemble: the standard deviation of its members, for each restart. */
  readonly spread?: Float32Array;
  readonly bestOfSet: BestOfSet | null;
}

export interface PreferredStimuli {
  readonly neurons: readonly PreferredStimulus[];
  readonly restarts: number;
  readonly terms: MaximisationTerms;
  readonly method: SearchMethod;
  readonly set: Stimuli | undefined;
}

/**
 * Plans the search for preferred stimuli without computing anything.
 * @param set the stored set that the request names, of the model's size
 * @throws InputError if a neuron does not exist, or the bounds of the pixels exclude the background
 * @throws PayloadTooLargeError if the search would take too long, or make more images than the limits allow
 */
export function planPreferredStimulus(
  { model, limits }: Subject,
  request: PreferredStimulusRequest,
  set?: Stimuli,
): PreferredStimulusPlan {
  const selection = selectNeurons(model.card, request.neurons);
  const neurons = selection.ids.length;
  const { restarts } = request;
  const terms = maximisationTerms(model.card, request);
  const images = neurons * restarts;
  const method = hasGradient(model) ? 'gradient' : 'cma-es';
  const perStep = method === 'gradient' ? 1 : imagesPerStep(model.card.stimulus);
  const work = images * terms.steps * perStep;
  if (work > MAX_WORK) {
    const each = perStep > 1 ? ` of ${perStep} images` : '';
    throw new PayloadTooLargeError(
      `too many steps: ${work}, for ${neurons} neurons, ${restarts} restarts and ${terms.steps} steps${each}; ` +
        `expected at most ${MAX_WORK}`,
    );
  }
  if (images > limits.maxStimuli) {
    throw new PayloadTooLargeError(
      `too many images: ${images}, for ${neurons} neurons and ${restarts} restarts; ` +
        `expected at most ${limits.maxStimuli}`,
    );
  }
  const ofSet = set?.count ?? 0;
  const ofSearch = (method === 'gradient' ? GRADIENT_PASSES : 1) * work + images;
  const cost = {
    stimuli: ofSet + work + images,
    passes: ofSet * neurons + ofSearch,
    shared: ofSet + ofSearch,
  };
  return { model, ...selection, restarts, terms, method, set, cost };
}

/**
 * Searches for images that maximise the response of each neuron, from several starts: by gradient ascent, or where the
 * network is imported without its gradient with responses alone (CMA-ES).
 * @throws as `respond` and the interpreter of the context; the signal's reason once it is aborted
 * @example
 * const request = PreferredStimulusRequest.parse({ neurons: [3], restarts: 2 });
 * const plan = planPreferredStimulus({ model, limits }, request);
 * const { neurons } = await runPreferredStimulus(plan, experimentContext({ respond, interpreter }));
 * neurons[0].responses; // Float32Array(2) [ 1.31, 1.28 ]
 */
export async function runPreferredStimulus(
  { model, ids, columns, restarts, terms, method, set }: PreferredStimulusPlan,
  { respond, interpreter, signal, onProgress, step }: ExperimentContext,
): Promise<PreferredStimuli> {
  const { height, width, channels } = model.card.stimulus;
  const neurons = ids.map((id, i) => ({ id, column: columns[i]! }));
  const compute = async (stimuli: Stimuli, asked: Int32Array): Promise<Responses> => {
    if (model.card.members === undefined) return { values: await respond(stimuli, asked) };
    const { mean, spread } = await respondWithSpread(model, stimuli, asked, { respond });
    return { values: mean, spread };
  };
  const toSet = set && (await compute(set, columns));
  const request = { model, height, width, channels, neurons, restarts, terms };
  const search =
    method === 'gradient'
      ? byGradient(interpreter, request)
      : byEvolution((images, column) => respond(images, Int32Array.of(column)), request);
  const found = await preferredStimuli(search, request, {
    signal,
    onProgress: ({ done, total, neuron, images }) =>
      onProgress({ done, total, preview: () => JSON.stringify(drawPreview(neuron, images)) }),
    step: async (id, search) =>
      fromJson(await step(`neuron ${id}`, async () => toJson(await search()))),
  });
  const results: PreferredStimulus[] = [];
  for (const [i, { id, column }] of neurons.entries()) {
    const { values, ...spread } = await compute(found[i]!, Int32Array.of(column));
    const bestOfSet = toSet ? bestIn(toSet, neurons.length, i) : null;
    results.push({ id, images: found[i]!, responses: values, ...spread, bestOfSet });
  }
  return { neurons: results, restarts, terms, method, set };
}

/** Images as JSON keeps them to the last bit. */
function toJson({ pixels, ...size }: Stimuli) {
  const bytes = Buffer.from(pixels.buffer, pixels.byteOffset, pixels.byteLength);
  return { ...size, pixels: bytes.toString('base64') };
}

function fromJson({ pixels, ...size }: ReturnType<typeof toJson>): Stimuli {
  const bytes = Uint8Array.from(Buffer.from(pixels, 'base64'));
  return { ...size, pixels: new Float32Array(bytes.buffer) };
}

/** The image of a set that a neuron responds to most. */
export function bestImage(set: Stimuli, { stimulus }: BestOfSet): Stimuli {
  return sliceStimuli(set, stimulus, stimulus + 1);
}

export function indexOfLargest(values: Float32Array): number {
  return values.reduce((best, value, i) => (value > values[best]! ? i : best), 0);
}

function drawPreview(neuron: number, images: Stimuli): AscentPreview {
  const bytes = Buffer.from(pixelBytes(images.pixels));
  return { neuron, shape: [images.count, ...imageAxes(images)], pixels: bytes.toString('base64') };
}

function maximisationTerms(
  { stimulus }: ModelCard,
  request: PreferredStimulusRequest,
): MaximisationTerms {
  const { seed, steps, stepSize, pixels, blur, jitter } = request;
  const { height, width, backgroundGray: background, trainingRange } = stimulus;
  const [min, max] = pixels;
  if (!(min <= background && background <= max && min < max)) {
    const message = `must be about the background, ${background}: the first below, the second above it`;
    throw new InputError(`pixels ${message}`, [{ path: 'pixels', message }]);
  }
  const [low, high] = trainingRange?.contrast ?? [CONTRAST, CONTRAST];
  const norm = request.norm ?? (Math.sqrt(height * width) * (low + high)) / 2;
  return { seed, steps, stepSize, background, norm, pixels, blur, jitter };
}

/** @param responses [stimuli, columns] */
function bestIn({ values, spread }: Responses, columns: number, column: number): BestOfSet {
  const own = values.filter((_, i) => i % columns === column);
  const stimulus = indexOfLargest(own);
  const members = spread ? { spread: spread[stimulus * columns + column]! } : {};
  return { stimulus, response: own[stimulus]!, ...members };
}
