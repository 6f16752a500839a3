import { randomStream } from '../../src/network/random.js';
import { type Kind, renderParametric, SCHEMAS } from '../../src/stimulus/parametric/kinds.js';
import { blurImage } from '../../src/stimulus/parametric/view.js';
import type { Canvas } from '../../src/stimulus/stimuli.js';
import { stimulusStatistics } from '../../src/stimulus/training-range.js';
import { createImageSource } from '../../training/synthetic/images.js';

/** Stimuli that vary in one way. */
export interface Family {
  readonly name: string;
  /** Families of one kind are compared with each other. */
  readonly kind: 'natural' | 'gratings' | 'gabors' | 'discs' | 'bars' | 'noise';
  /** Each [height, width], 0..1. */
  readonly images: readonly Float32Array[];
}

/** Steps that bring an image to a mean and a contrast although black and white are the ends. */
const EXPOSURES = 60;

/** The stimuli of the bench, the same every time. */
export function drawFamilies(canvas: Canvas, seed: number): readonly Family[] {
  const random = randomStream(seed, 'warnings');
  const drawImage = createImageSource();
  const { height, width } = canvas;
  const pixels = height * width;
  /** Evenly on a logarithmic scale. */
  const between = (low: number, high: number) => low * (high / low) ** random.uniform();
  const many = (count: number, one: (share: number, i: number) => Float32Array) =>
    Array.from({ length: count }, (_, i) => one((i + 0.5) / count, i));
  const rendered = (kind: Kind, parameters: object) =>
    renderParametric({ kind, parameters: SCHEMAS[kind].parse(parameters), clip: false }, canvas)
      .stimuli.pixels;
  const natural = (i: number) =>
    Float32Array.from(drawImage(seed, 'validation', i), (v) => v / 255);
  const noise = () => Float32Array.from({ length: pixels }, () => random.normal());
  const measured = (image: Float32Array) =>
    stimulusStatistics({ height, width, channels: 1, pixels: image });
  const kept = (image: Float32Array, change: (image: Float32Array) => Float32Array) => {
    const { mean, contrast } = measured(image);
    return expose(change(image), mean, contrast);
  };
  const mixed = (image: Float32Array, share: number) => {
    const { mean, contrast } = measured(image);
    const other = noise();
    return image.map(
      (value, i) =>
        Math.sqrt(1 - share) * ((value - mean) / contrast) + Math.sqrt(share) * other[i]!,
    );
  };
  const angle = (period: number) => period * random.uniform();
  const place = () => ({ x: 8 * (random.uniform() - 0.5), y: 8 * (random.uniform() - 0.5) });
  const wave = () => ({ orientation: angle(180), phase: angle(360), ...place() });
  const signed = (i: number) => (i % 2 === 0 ? 1 : -1) * between(0.05, 0.99);

  return [
    { name: 'natural, as they are', kind: 'natural', images: many(120, (_, i) => natural(i)) },
    {
      name: 'natural, contrast x 0.1 to 3',
      kind: 'natural',
      images: many(120, (_, i) => {
        const factor = between(0.1, 3);
        return natural(i).map((value) => clamp(0.5 + factor * (value - 0.5)));
      }),
    },
    {
      name: 'natural, mean 0.05 to 0.95',
      kind: 'natural',
      images: many(480, (share, i) =>
        expose(natural(i), 0.05 + 0.9 * share, measured(natural(i)).contrast),
      ),
    },
    {
      name: 'natural, with white noise',
      kind: 'natural',
      images: many(240, (share, i) => kept(natural(i), (image) => mixed(image, share))),
    },
    {
      name: 'natural, blurred',
      kind: 'natural',
      images: many(240, (share, i) =>
        kept(
          natural(i),
          (image) => blurImage({ height, width, channels: 1, pixels: image }, 4 * share).pixels,
        ),
      ),
    },
    {
      name: 'gratings, 4 to 50 pixels',
      kind: 'gratings',
      images: many(240, () =>
        rendered('grating', {
          ...wave(),
          diameter: between(4, 50),
          spatialFrequency: between(0.04, 0.35),
          contrast: between(0.05, 0.99),
        }),
      ),
    },
    {
      name: 'gratings, whole image',
      kind: 'gratings',
      images: many(480, () =>
        rendered('grating', {
          ...wave(),
          diameter: null,
          spatialFrequency: between(0.02, 0.5),
          contrast: between(0.05, 0.99),
        }),
      ),
    },
    {
      name: 'gabors',
      kind: 'gabors',
      images: many(240, () => {
        const wavelength = between(4, 25);
        return rendered('gabor', {
          ...wave(),
          wavelength,
          sigmaX: between(2, 12),
          sigmaY: between(2, 12),
          contrast: between(0.05, 0.99),
        });
      }),
    },
    {
      name: 'discs',
      kind: 'discs',
      images: many(240, (_, i) =>
        rendered('disc', { ...place(), diameter: between(3, 40), contrast: signed(i) }),
      ),
    },
    {
      name: 'bars',
      kind: 'bars',
      images: many(240, (_, i) =>
        rendered('bar', {
          ...place(),
          orientation: angle(180),
          contrast: signed(i),
          length: between(6, 50),
          width: between(1, 12),
        }),
      ),
    },
    {
      name: 'white noise',
      kind: 'noise',
      images: many(120, () => {
        const contrast = between(0.02, 0.5);
        return noise().map((value) => clamp(0.5 + contrast * value));
      }),
    },
    {
      name: 'sparse noise',
      kind: 'noise',
      images: many(120, (_, i) =>
        rendered('sparseNoise', { seed: i, frames: 1, contrast: between(0.05, 0.99) }),
      ),
    },
  ];
}

/** Scales and shifts an image to a mean and an RMS contrast, as far as black and white allow. */
function expose(image: Float32Array, mean: number, contrast: number): Float32Array {
  const size = { height: 1, width: image.length, channels: 1 as const };
  const own = stimulusStatistics({ ...size, pixels: image });
  let gain = contrast / own.contrast;
  let shift = mean;
  let exposed = image;
  for (let i = 0; i < EXPOSURES; i++) {
    exposed = image.map((value) => clamp(shift + gain * (value - own.mean)));
    const now = stimulusStatistics({ ...size, pixels: exposed });
    shift += mean - now.mean;
    gain *= Math.min(1.5, contrast / now.contrast);
  }
  return exposed;
}

function clamp(value: number): number {
  return Math.min(1, Math.max(0, value));
}
