import { LUMA } from '../../src/formats/luma.js';
import { type RandomStream, randomStream } from '../../src/network/random.js';
import { BACKGROUND, createImageSource, IMAGE_PIXELS, type ImageSource } from './images.js';
import type { Colour } from './truth.js';

/** What a neuron sees of red, green and blue. */
export const SEEN = {
  luminance: LUMA,
  'red-green': [1, -1, 0],
  'blue-yellow': [-0.5, -0.5, 1],
} as const satisfies Readonly<Record<string, Colour>>;

/** How far the colours of a scene are from its gray: 1 as far as gray is from the background. */
const SATURATION = 0.5;

/** Half of the neurons see the luminance, a quarter each of the two differences. */
export function drawColour(random: RandomStream): Colour {
  const share = random.uniform();
  if (share < 0.5) return SEEN.luminance;
  return share < 0.75 ? SEEN['red-green'] : SEEN['blue-yellow'];
}

/**
 * A source of scenes in colour, 50x50x3: a gray scene, to which a second one adds red and takes green away, or the
 * reverse, and a third one adds blue.
 */
export function createColourImageSource(): ImageSource {
  const draw = createImageSource();
  const image = new Uint8Array(3 * IMAGE_PIXELS);
  return (seed, split, index) => {
    // scenes of other seeds, since those of one seed and split are those of other images
    const random = randomStream(seed, 'colour', split, index);
    const [gray, redder, bluer] = [
      Float64Array.from(draw(seed, split, index)),
      Float64Array.from(draw(random.integer(2 ** 32), split, index)),
      Float64Array.from(draw(random.integer(2 ** 32), split, index)),
    ];
    for (let i = 0; i < IMAGE_PIXELS; i++) {
      const red = SATURATION * (redder[i]! - 255 * BACKGROUND);
      const blue = SATURATION * (bluer[i]! - 255 * BACKGROUND);
      for (const [channel, change] of [red, -red, blue].entries()) {
        image[3 * i + channel] = Math.round(Math.min(255, Math.max(0, gray[i]! + change)));
      }
    }
    return image;
  };
}

/**
 * What a neuron sees of an image in colour.
 * @param image [50, 50, 3]
 * @param into [50, 50]
 */
export function mixColours(image: Float32Array, [red, green, blue]: Colour, into: Float32Array) {
  for (let i = 0; i < into.length; i++) {
    into[i] = red * image[3 * i]! + green * image[3 * i + 1]! + blue * image[3 * i + 2]!;
  }
}
