import { type RandomStream, randomStream } from '../../src/network/random.js';
import { paintDeadLeaves, type Scene } from './dead-leaves.js';
import { createNoiseSource, FIELD_SIDE, type NoiseFields } from './noise-field.js';

/** Images are square, this many pixels a side. */
export const IMAGE_SIDE = 50;
export const IMAGE_PIXELS = IMAGE_SIDE * IMAGE_SIDE;
/** Gray outside the aperture, 0 black to 1 white. */
export const BACKGROUND = 0.5;

/** Distance from the image centre in pixels where the aperture begins and has finished to close. */
const APERTURE_INNER = 22;
const APERTURE_OUTER = 25;

/** What an image is for; images of different splits are independent. */
type Split = 'train' | 'validation' | 'calibration';

/**
 * Makes image `index` of a split: 50x50 gray, or 50x50x3 in colour, 0..255, row-major, y down. An image depends on its
 * seed, split and index alone. The array is overwritten by the next call.
 */
export type ImageSource = (seed: number, split: Split, index: number) => Uint8Array;

/**
 * A source of procedural natural scenes: three in four are dead leaves (painted at twice the size
 * and averaged down), the others noise with a 1/f spectrum; of random mean and contrast, seen
 * through a round aperture with a raised cosine edge.
 */
export function createImageSource(): ImageSource {
  const drawNoise = createNoiseSource();
  const aperture = renderAperture();
  const canvas = new Float64Array(4 * IMAGE_PIXELS);
  const scene = new Float64Array(IMAGE_PIXELS);
  const image = new Uint8Array(IMAGE_PIXELS);
  return (seed, split, index) => {
    const random = randomStream(seed, 'image', split, index);
    const noise = drawNoise(random);
    if (random.uniform() < 0.25) {
      crop(noise, scene);
    } else {
      paintDeadLeaves(canvas, 2 * IMAGE_SIDE, drawScene(random), noise, random);
      halve(canvas, scene);
    }
    expose(scene, aperture, random, image);
    return image;
  };
}

function drawScene(random: RandomStream): Scene {
  return {
    leaves: 30 + random.integer(150),
    smallestRadius: 4 + 6 * random.uniform(),
    largestRadius: 60,
    polygons: random.uniform(),
    striped: 0.4 * random.uniform(),
    texture: 0.2 + 0.4 * random.uniform(),
  };
}

function crop(noise: NoiseFields, scene: Float64Array): void {
  for (let i = 0; i < IMAGE_PIXELS; i++) {
    scene[i] = noise.first[Math.floor(i / IMAGE_SIDE) * FIELD_SIDE + (i % IMAGE_SIDE)]!;
  }
}

/** Averages each 2x2 block, which also softens the leaves' edges. */
function halve(canvas: Float64Array, scene: Float64Array): void {
  const side = 2 * IMAGE_SIDE;
  for (let i = 0; i < IMAGE_PIXELS; i++) {
    const corner = 2 * Math.floor(i / IMAGE_SIDE) * side + 2 * (i % IMAGE_SIDE);
    const upper = canvas[corner]! + canvas[corner + 1]!;
    scene[i] = (upper + canvas[corner + side]! + canvas[corner + side + 1]!) / 4;
  }
}

/** Gives the scene a random mean and contrast within the aperture, and rounds to 8 bits. */
function expose(
  scene: Float64Array,
  aperture: Float64Array,
  random: RandomStream,
  image: Uint8Array,
): void {
  const mean = 0.5 + 0.08 * random.normal();
  const contrast = 0.1 + 0.14 * random.uniform(); // standard deviation, of the range 0..1
  let weight = 0;
  let sum = 0;
  let sumOfSquares = 0;
  for (let i = 0; i < IMAGE_PIXELS; i++) {
    weight += aperture[i]!;
    sum += aperture[i]! * scene[i]!;
    sumOfSquares += aperture[i]! * scene[i]! ** 2;
  }
  const sceneMean = sum / weight;
  const gain = contrast / Math.sqrt(sumOfSquares / weight - sceneMean ** 2);
  for (let i = 0; i < IMAGE_PIXELS; i++) {
    // light has a floor and a film a ceiling: beyond them the scene is black or white
    const exposed = Math.min(1, Math.max(0, mean + gain * (scene[i]! - sceneMean)));
    image[i] = Math.round(255 * (BACKGROUND + aperture[i]! * (exposed - BACKGROUND)));
  }
}

/** 1 inside, 0 outside, a half period of a cosine between. */
function renderAperture(): Float64Array {
  const centre = (IMAGE_SIDE - 1) / 2;
  return Float64Array.from({ length: IMAGE_PIXELS }, (_, i) => {
    const distance = Math.hypot((i % IMAGE_SIDE) - centre, Math.floor(i / IMAGE_SIDE) - centre);
    const closed = (distance - APERTURE_INNER) / (APERTURE_OUTER - APERTURE_INNER);
    return 0.5 + 0.5 * Math.cos(Math.PI * Math.min(1, Math.max(0, closed)));
  });
}
