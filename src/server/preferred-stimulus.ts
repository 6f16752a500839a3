import { z } from 'zod';
import { InputError } from '../errors.js';
import { encodeNpy } from '../formats/npy.js';
import type { ServedModel } from '../inference/catalogue.js';
import { type AscentTerms, diversity } from '../interpret/activation-maximisation.js';
import { preferredStimuli } from '../interpret/preferred-stimulus.js';
import type { ResultFile } from '../jobs/job-files.js';
import type { ModelCard } from '../models/card.js';
import { PayloadTooLargeError } from '../stimulus/errors.js';
import { encodePng } from '../stimulus/image.js';
import { SetDigest } from '../stimulus/json.js';
import { grayBytes } from '../stimulus/pixel-values.js';
import { sheetOf } from '../stimulus/sheet.js';
import { concatStimuli, type GrayImage, type Stimuli, sliceStimuli } from '../stimulus/stimuli.js';
import { stimulusDigests } from '../stimulus/turns.js';
import { modelIdentity } from './answer.js';
import { Neurons } from './experiment.js';
import { selectNeurons } from './neurons.js';
import type { Running } from './running.js';
import type { Service } from './service.js';

/** Steps of all neurons and restarts: about two hours on one core. */
const MOST_WORK = 1_000_000;
/** Root mean square of the pixels about the background, where the card has no training range. */
const CONTRAST = 0.15;

const Gray = z.number().min(0).max(1);

/** What is asked for; `{}` is a whole experiment. */
export const PreferredStimulusBody = z.strictObject({
  neurons: Neurons,
  restarts: z.int().min(1).max(16).default(4),
  steps: z.int().min(1).max(2000).default(60),
  stepSize: z
    .number()
    .positive()
    .max(1)
    .default(0.1)
    .describe('length of the first step, as a share of the norm; the others shorten evenly to 0'),
  norm: z
    .number()
    .positive()
    .max(1e4)
    .optional()
    .describe('the most that sqrt(sum (pixel - background)^2) may be'),
  pixels: z
    .tuple([Gray, Gray])
    .default([0, 1])
    .describe('the least and the most that a pixel may be, about the background'),
  blur: z.number().min(0).max(10).default(1).describe('of each gradient: sigma in pixels; 0: none'),
  jitter: z.int().min(0).max(10).default(0).describe('pixels, at most, that a step shifts by'),
  seed: z.int().default(1),
  stimulusSet: SetDigest.optional().describe('a stored set, for its best stimulus beside'),
});
export type PreferredStimulusBody = z.infer<typeof PreferredStimulusBody>;

/** Images on their way up, to look at while the job runs. */
export interface AscentPreview {
  readonly neuron: number;
  /** Images, height, width. */
  readonly shape: readonly number[];
  /** A byte each, 0 black, 255 white, in base64. */
  readonly pixels: string;
}

/** A stored set's stimulus of the strongest response. */
interface BestOfSet {
  /** Its number in the set. */
  readonly stimulus: number;
  readonly response: number;
}

/** What was found for one neuron; responses are the serving engine's. */
export interface PreferredStimulus {
  readonly id: number;
  /** One for each restart. */
  readonly images: Stimuli;
  readonly responses: Float32Array;
  readonly bestOfSet: BestOfSet | null;
}

export interface PreferredStimuli {
  readonly neurons: readonly PreferredStimulus[];
  readonly restarts: number;
  readonly terms: AscentTerms;
  readonly set: Stimuli | undefined;
}

/**
 * Prepares the search for preferred stimuli; nothing is computed before it is run.
 * @param set the stored set that the body names, of the model's size
 * @param mostImages of all neurons and restarts
 * @throws InputError where the bounds leave no room, PayloadTooLargeError where it would take too long
 */
export function preparePreferredStimuli(
  { inside, scheduler }: Pick<Service, 'inside' | 'scheduler'>,
  model: ServedModel,
  body: PreferredStimulusBody,
  set: Stimuli | undefined,
  mostImages: number,
): (running: Running) => Promise<PreferredStimuli> {
  const { card, digest } = model;
  const { ids, columns } = selectNeurons(card, body.neurons);
  const { height, width } = card.stimulus;
  const { restarts } = body;
  const terms = termsOf(card, body);
  const work = ids.length * restarts * terms.steps;
  if (work > MOST_WORK) {
    throw new PayloadTooLargeError(
      `${ids.length} neurons, ${restarts} restarts and ${terms.steps} steps are ${work} steps in all; at ` +
        `most ${MOST_WORK} are taken at once`,
    );
  }
  if (ids.length * restarts > mostImages) {
    throw new PayloadTooLargeError(
      `${ids.length} neurons and ${restarts} restarts are ${ids.length * restarts} images; at most ` +
        `${mostImages} are made at once`,
    );
  }
  const neurons = ids.map((id, i) => ({ id, column: columns[i]! }));

  return async ({ signal, onProgress }) => {
    const respond = async (stimuli: Stimuli, neurons: Int32Array) =>
      (await scheduler.respond({ digest, stimuli, neurons, priority: 'sweep', signal })).values;
    const toSet = set && (await respond(set, columns));
    const request = { model, height, width, neurons, restarts, terms };
    const found = await preferredStimuli(inside, request, {
      signal,
      onProgress: ({ done, total, neuron, images }) =>
        onProgress({ done, total, preview: () => JSON.stringify(previewOf(neuron, images)) }),
    });
    const results: PreferredStimulus[] = [];
    for (const [i, { id, column }] of neurons.entries()) {
      const responses = await respond(found[i]!, Int32Array.of(column));
      const bestOfSet = toSet ? bestIn(toSet, neurons.length, i) : null;
      results.push({ id, images: found[i]!, responses, bestOfSet });
    }
    return { neurons: results, restarts, terms, set };
  };
}

function previewOf(neuron: number, images: Stimuli): AscentPreview {
  const bytes = grayBytes(images.pixels);
  return { neuron, shape: shapeOf(images), pixels: Buffer.from(bytes).toString('base64') };
}

/** The files of a result: what was found in words and numbers, as an array, and as a picture. */
export async function preferredFiles(
  model: ServedModel,
  found: PreferredStimuli,
): Promise<ResultFile[]> {
  const { values, shape } = preferredArray(found);
  const best = bestOfSets(found);
  const json = JSON.stringify({ model: modelIdentity(model), ...(await preferredAnswer(found)) });
  return [
    { name: 'preferred-stimuli.json', bytes: Buffer.from(json) },
    { name: 'preferred-stimuli.npy', bytes: encodeNpy(values, shape) },
    { name: 'preferred-stimuli.png', bytes: await encodePng(preferredSheet(found)) },
    ...(best ? [{ name: 'best-of-set.npy', bytes: encodeNpy(best.pixels, shapeOf(best)) }] : []),
  ];
}

async function preferredAnswer({ neurons, restarts, terms, set }: PreferredStimuli) {
  const told = [];
  for (const { id, images, responses, bestOfSet } of neurons) {
    const digests = await stimulusDigests(images);
    told.push({
      id,
      best: largest(responses),
      stimuli: Array.from(responses, (response, i) => ({ response, digest: digests[i] })),
      diversity: diversity(images, terms.background),
      ...(set && bestOfSet
        ? { bestOfSet: { ...bestOfSet, digest: (await stimulusDigests(one(set, bestOfSet)))[0] } }
        : {}),
    });
  }
  return {
    restarts,
    ...terms,
    formulas: {
      norm: 'sqrt(sum (pixel - background)^2)',
      diversity: '1 - mean cosine of (pixels - background) between two restarts',
    },
    neurons: told,
  };
}

/** All images, neuron by neuron: [neurons, restarts, height, width]. */
function preferredArray({ neurons, restarts }: PreferredStimuli) {
  const { height, width, pixels } = concatStimuli(neurons.map(({ images }) => images));
  return { values: pixels, shape: [neurons.length, restarts, height, width] };
}

/** A row for each neuron: its restarts, and then its best stimulus of the set where there is one. */
function preferredSheet({ neurons, restarts, terms, set }: PreferredStimuli): GrayImage {
  const rows = neurons.flatMap(({ images, bestOfSet }) =>
    set && bestOfSet ? [images, one(set, bestOfSet)] : [images],
  );
  return sheetOf(concatStimuli(rows), terms.background, restarts + (set ? 1 : 0));
}

/** The set's strongest stimulus of each neuron. */
function bestOfSets({ neurons, set }: PreferredStimuli): Stimuli | undefined {
  if (set === undefined) return undefined;
  return concatStimuli(
    neurons.flatMap(({ bestOfSet }) => (bestOfSet ? [one(set, bestOfSet)] : [])),
  );
}

function one(set: Stimuli, { stimulus }: BestOfSet): Stimuli {
  return sliceStimuli(set, stimulus, stimulus + 1);
}

function shapeOf({ count, height, width }: Stimuli): number[] {
  return [count, height, width];
}

function termsOf({ stimulus }: ModelCard, body: PreferredStimulusBody): AscentTerms {
  const { seed, steps, stepSize, pixels, blur, jitter } = body;
  const { height, width, backgroundGray: background, trainingRange } = stimulus;
  const [least, most] = pixels;
  if (!(least <= background && background <= most && least < most)) {
    const message = `must be about the background, ${background}: the first below, the second above it`;
    throw new InputError(`pixels ${message}`, [{ path: 'pixels', message }]);
  }
  const [low, high] = trainingRange?.contrast ?? [CONTRAST, CONTRAST];
  const norm = body.norm ?? (Math.sqrt(height * width) * (low + high)) / 2;
  return { seed, steps, stepSize, background, norm, pixels, blur, jitter };
}

/** @param responses [stimuli, columns] */
function bestIn(responses: Float32Array, columns: number, column: number): BestOfSet {
  const own = responses.filter((_, i) => i % columns === column);
  const stimulus = largest(own);
  return { stimulus, response: own[stimulus]! };
}

function largest(values: Float32Array): number {
  return values.reduce((best, value, i) => (value > values[best]! ? i : best), 0);
}
