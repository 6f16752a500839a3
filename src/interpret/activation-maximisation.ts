import type { Channels } from '../formats/channels.js';
import { randomStream } from '../network/random.js';
import { blurImage } from '../stimulus/parametric/view.js';
import { type Stimuli, type StimulusImage, stimulusAt } from '../stimulus/stimuli.js';
import type { StimulusGradient } from './gradient.js';

/** How images are changed to raise a response. */
export interface MaximisationTerms {
  readonly seed: number;
  readonly steps: number;
  /** Length of the first step, as a share of `norm`; the following ones shorten evenly to 0. */
  readonly stepSize: number;
  /** The gray, 0..1, from which an image's norm is taken. */
  readonly background: number;
  /**
   * The largest allowed sqrt(sum (value - background)^2 / channels). The sum is over all pixels and channels: a gray
   * image has the same norm where it is in colour. A pattern in one channel alone may have sqrt(3) times its amplitude.
   */
  readonly norm: number;
  /** The smallest and the largest allowed value of a pixel. The background lies between them. */
  readonly pixels: readonly [least: number, most: number];
  /** Sigma in pixels of the Gaussian that blurs each channel of a gradient, and where it begins; 0: none. */
  readonly blur: number;
  /** Pixels by which the image is shifted at most, anew in each step, up, down and aside; 0: none. */
  readonly jitter: number;
}

/** Images on their way up, one for each restart. */
export interface MaximisationState {
  /** Steps taken. */
  readonly step: number;
  readonly images: Stimuli;
}

/** The response and its gradient at some images. */
export type Slope = (images: Stimuli) => Promise<StimulusGradient>;

/**
 * The first images of a search: faint Gaussian noise on the background, in each channel its own, of a tenth of the norm.
 * @param neuron its id; what is found for it does not depend on the others
 */
export function beginMaximisation(
  { height, width, channels }: Pick<StimulusImage, 'height' | 'width' | 'channels'>,
  neuron: number,
  restarts: number,
  terms: MaximisationTerms,
): MaximisationState {
  const size = height * width * channels;
  const pixels = new Float32Array(restarts * size);
  const images = { count: restarts, height, width, channels, pixels };
  for (let restart = 0; restart < restarts; restart++) {
    const random = randomStream(terms.seed, 'preferred stimulus', neuron, restart);
    const noise = Float32Array.from({ length: size }, () => random.normal());
    const smooth = blurred({ height, width, channels, pixels: noise }, terms.blur).pixels;
    const own = stimulusAt(images, restart).pixels;
    own.set(stepAlong(own.fill(terms.background), smooth, terms.norm / 10, channels));
    project(own, terms, channels);
  }
  return { step: 0, images };
}

/**
 * Takes steps up the gradient: each along it, `stepSize * norm * (1 - step / steps)` long; then the
 * image is scaled towards the background where its norm is too large, and its pixels are clipped. With
 * jitter the gradient is that of the shifted image, shifted back.
 * @param until the step before which it ends
 */
export async function maximise(
  slope: Slope,
  state: MaximisationState,
  neuron: number,
  terms: MaximisationTerms,
  until: number,
): Promise<MaximisationState> {
  const { count, channels } = state.images;
  const images = { ...state.images, pixels: state.images.pixels.slice() };
  for (let step = state.step; step < until; step++) {
    const shifts = Array.from({ length: count }, (_, restart) =>
      drawShift(neuron, restart, step, terms),
    );
    const { gradient } = await slope(shifted(images, shifts, terms.background));
    const upward = shifted(
      { ...images, pixels: gradient },
      shifts.map(([down, right]) => [-down, -right] as const),
      0,
    );
    const length = terms.stepSize * terms.norm * (1 - step / terms.steps);
    for (let restart = 0; restart < count; restart++) {
      const own = stimulusAt(images, restart).pixels;
      const direction = blurred(stimulusAt(upward, restart), terms.blur).pixels;
      own.set(stepAlong(own, direction, length, channels));
      project(own, terms, channels);
    }
  }
  return { step: until, images };
}

/**
 * How alike two images are in their differences from the background: the cosine of the angle between
 * them, 1 for the same, -1 for one in reverse contrast; null where one is the background alone.
 */
export function similarity(a: Float32Array, b: Float32Array, background: number): number | null {
  let [product, ofA, ofB] = [0, 0, 0];
  for (let i = 0; i < a.length; i++) {
    const [x, y] = [a[i]! - background, b[i]! - background];
    product += x * y;
    ofA += x * x;
    ofB += y * y;
  }
  return ofA > 0 && ofB > 0 ? product / Math.sqrt(ofA * ofB) : null;
}

/**
 * How different the images of several restarts are: 1 minus the mean similarity of two of them, so 0
 * where all are the same. null for one alone, or where one is the background.
 */
export function diversity(images: Stimuli, background: number): number | null {
  let [sum, pairs] = [0, 0];
  for (let i = 0; i < images.count; i++) {
    for (let j = 0; j < i; j++) {
      const [a, b] = [stimulusAt(images, i).pixels, stimulusAt(images, j).pixels];
      const alike = similarity(a, b, background);
      if (alike === null) return null;
      sum += alike;
      pairs += 1;
    }
  }
  return pairs === 0 ? null : 1 - sum / pairs;
}

/** A step of some length, in the measure of the norm; none where there is no direction. */
function stepAlong(
  from: Float32Array,
  direction: Float32Array,
  length: number,
  channels: Channels,
): Float32Array {
  const norm = Math.sqrt(direction.reduce((sum, value) => sum + value * value, 0) / channels);
  return norm > 0 ? from.map((value, i) => value + (length * direction[i]!) / norm) : from;
}

/** Brings an image within its bounds, in place. Clipping brings pixels nearer to the background, so the norm holds. */
export function project(
  image: Float32Array,
  { background, norm, pixels: [least, most] }: MaximisationTerms,
  channels: Channels,
): void {
  const squares = image.reduce((sum, value) => sum + (value - background) ** 2, 0);
  const own = Math.sqrt(squares / channels);
  const scale = Math.min(1, norm / own);
  for (let i = 0; i < image.length; i++) {
    const pixel = background + (image[i]! - background) * scale;
    image[i] = Math.min(most, Math.max(least, pixel));
  }
}

type Shift = readonly [down: number, right: number];

function drawShift(
  neuron: number,
  restart: number,
  step: number,
  { seed, jitter }: MaximisationTerms,
): Shift {
  if (jitter === 0) return [0, 0];
  const random = randomStream(seed, 'jitter', neuron, restart, step);
  const draw = () => random.integer(2 * jitter + 1) - jitter;
  return [draw(), draw()];
}

/** Each image shifted on its own; what comes in from outside is `fill`. */
function shifted(images: Stimuli, shifts: readonly Shift[], fill: number): Stimuli {
  const { height, width, channels } = images;
  if (shifts.every(([down, right]) => down === 0 && right === 0)) return images;
  const pixels = new Float32Array(images.pixels.length).fill(fill);
  for (const [i, [down, right]] of shifts.entries()) {
    const source = stimulusAt(images, i).pixels;
    const target = stimulusAt({ ...images, pixels }, i).pixels;
    const length = Math.max(0, width - Math.abs(right)) * channels;
    for (let y = Math.max(0, down); y < Math.min(height, height + down); y++) {
      const from = ((y - down) * width + Math.max(0, -right)) * channels;
      const to = (y * width + Math.max(0, right)) * channels;
      target.set(source.subarray(from, from + length), to);
    }
  }
  return { ...images, pixels };
}

function blurred(image: StimulusImage, sigma: number): StimulusImage {
  return sigma === 0 ? image : blurImage(image, sigma);
}
