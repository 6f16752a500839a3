import type { Channels } from '../../formats/channels.js';
import { randomStream } from '../../network/random.js';
import { channelsOf, type StimulusSize } from '../../network/stimulus-size.js';
import { imageLength, type Stimuli, stimulusAt } from '../../stimulus/stimuli.js';
import { type MaximisationTerms, project } from '../activation-maximisation.js';
import type { PreferredStimulusRequest, Search } from '../preferred-stimulus.js';
import { createCmaEs, populationOf } from './cma-es.js';
import { type Basis, cosineBasis } from './cosine-basis.js';

/** The responses of one neuron to images. */
export type RespondOne = (images: Stimuli, column: number) => Promise<ArrayLike<number>>;

/** Patterns along a side: up to 4.5 cycles over the image. More take more steps, and fewer see less detail. */
const SIDE = 10;
/** Of the first images: their mean norm, as a share of the largest. */
const FIRST = 0.5;

/** How many images a step presents for each restart. */
export function imagesPerStep(size: StimulusSize): number {
  return populationOf(cosineBasis(size, SIDE).count * channelsOf(size));
}

/**
 * Searches with responses alone: CMA-ES over the slowest cosines of an image, in each channel its own. A step is a generation, and the search
 * keeps the image with the largest response. Of the terms, the length of the steps, blur and jitter have no part.
 */
export function byEvolution(respond: RespondOne, request: PreferredStimulusRequest): Search {
  const { height, width, channels, restarts, terms } = request;
  const basis = cosineBasis(request, SIDE);
  const count = basis.count * channels;
  return async ({ column, id }, report, signal) => {
    const searches = Array.from({ length: restarts }, (_, restart) =>
      createCmaEs({
        start: new Float64Array(count),
        sigma: FIRST / Math.sqrt(basis.count),
        random: randomStream(terms.seed, 'preferred stimulus', id, restart),
      }),
    );
    const shape = { height, width, channels };
    const size = imageLength(shape);
    const best = { ...shape, count: restarts, pixels: new Float32Array(restarts * size) };
    const largest = new Float64Array(restarts).fill(Number.NEGATIVE_INFINITY);
    for (let step = 0; step < terms.steps; step++) {
      signal?.throwIfAborted();
      for (const [restart, search] of searches.entries()) {
        const points = search.ask();
        const pixels = new Float32Array(points.length * size);
        for (const [i, point] of points.entries()) {
          pixels.set(imageOf(patternOf(point, basis, channels), terms, channels), i * size);
        }
        const images = { ...shape, count: points.length, pixels };
        const responses = Array.from(await respond(images, column));
        search.tell(responses);
        const top = responses.indexOf(responses.reduce((a, b) => Math.max(a, b)));
        if (responses[top]! <= largest[restart]!) continue;
        largest[restart] = responses[top]!;
        stimulusAt(best, restart).pixels.set(stimulusAt(images, top).pixels);
      }
      report(step + 1, best);
    }
    return best;
  };
}

/** The pattern of each channel by its own weights, [height, width, channels] */
function patternOf(weights: Float64Array, basis: Basis, channels: Channels): Float32Array {
  const each = Array.from({ length: channels }, (_, channel) =>
    basis.combine(weights.subarray(channel * basis.count, (channel + 1) * basis.count)),
  );
  const [first] = each;
  return channels === 1
    ? first!
    : Float32Array.from({ length: first!.length * channels }, (_, i) => {
        return each[i % channels]![Math.floor(i / channels)]!;
      });
}

/** @param pattern of a norm of about 1 */
function imageOf(
  pattern: Float32Array,
  terms: MaximisationTerms,
  channels: Channels,
): Float32Array {
  const image = pattern.map((value) => terms.background + terms.norm * value);
  project(image, terms, channels);
  return image;
}
