import { planProbe, ReceptiveFieldRequest } from '../../src/experiments/position-probe.js';
import type { ModelCard } from '../../src/models/card.js';
import type { Canvas } from '../../src/stimulus/stimuli.js';
import { planSweep, type Sweep } from '../../src/stimulus/sweep.js';
import { type ContrastRange, stimulusStatistics } from '../../src/stimulus/training-range.js';
import { correlation } from '../../src/tuning/metrics.js';
import type { TrueNeuron, Truth } from '../../training/synthetic/truth.js';
import { median } from '../figures.js';

interface Config {
  readonly truth: Truth;
  readonly card: ModelCard;
  readonly canvas: Canvas;
  /** The true neurons, in the order of the card. */
  readonly respond: readonly ((image: Float32Array) => number)[];
  /** The model's responses to each image, one for each of the neurons. */
  readonly predict: (
    images: readonly Float32Array[],
    neurons: Int32Array,
  ) => Promise<Float32Array[]>;
  readonly range: ContrastRange;
}

/** Michelson. */
const CONTRASTS = [0.1, 0.201, 0.4, 0.99];

/**
 * How well the model's curves agree with the true ones, by the correlation over the values of a sweep, and
 * how many of the stimuli lie outside the RMS contrasts of the training images.
 */
export async function printSweeps(setting: Config): Promise<void> {
  console.log('\n| sweep | RMS contrast < | > | r of the curves: median | least |');
  console.log('|---|---|---|---|---|');
  const { canvas } = setting;
  await print(
    setting,
    'places of the default disc',
    () => planProbe(ReceptiveFieldRequest.parse({}), canvas).sweep,
  );
  for (const parameter of ['orientation', 'spatialFrequency', 'diameter']) {
    for (const contrast of CONTRASTS) {
      await print(setting, `${parameter}, contrast ${contrast}`, (neuron) =>
        gratings(neuron, parameter, { contrast }, canvas),
      );
    }
  }
  for (const diameter of [12, 20, 50]) {
    await print(setting, `contrast, diameter ${diameter}`, (neuron) =>
      gratings(neuron, 'contrast', { diameter }, canvas),
    );
  }
}

async function print(
  { truth, card, respond, predict, range }: Config,
  name: string,
  plan: (neuron: TrueNeuron) => Sweep,
): Promise<void> {
  const sides = [0, 0];
  let stimuli = 0;
  const agreement: number[] = [];
  for (const [n, { id }] of card.neurons.entries()) {
    const sweep = plan(truth.neurons.find((neuron) => neuron.id === id)!);
    const images = Array.from(sweep.paint(), ({ image }) => image);
    const pixels = images.map((image) => image.pixels);
    const found = (await predict(pixels, Int32Array.of(n))).map((responses) => responses[0]!);
    const own = pixels.map(respond[n]!);
    const variants = sweep.averaged?.values.length ?? 1;
    agreement.push(correlation(means(found, variants), means(own, variants)) ?? Number.NaN);
    for (const image of images) {
      const { contrast } = stimulusStatistics(image);
      if (contrast < range[0]) sides[0]! += 1;
      if (contrast > range[1]) sides[1]! += 1;
    }
    stimuli += images.length;
  }
  const shares = sides.map((count) => `${Math.round((100 * count) / stimuli)} %`);
  const figures = [median(agreement), Math.min(...agreement)].map((r) => r.toFixed(2));
  console.log(`| ${[name, ...shares, ...figures].join(' | ')} |`);
}

/** Around the place of a neuron, at what it prefers of the parameters that do not vary. */
function gratings(
  { x, y, orientation, spatialFrequency }: TrueNeuron,
  parameter: string,
  more: object,
  canvas: Canvas,
): Sweep {
  const preferred = { x, y, orientation, spatialFrequency, ...more };
  const still = Object.entries(preferred).filter(([name]) => name !== parameter);
  const paths = { parameter, values: parameter };
  return planSweep(
    { stimulus: { grating: Object.fromEntries(still) }, axes: [{ parameter, paths }] },
    canvas,
  );
}

/** Of each `variants` in a row. */
function means(values: readonly number[], variants: number): number[] {
  return Array.from({ length: values.length / variants }, (_, i) =>
    values
      .slice(i * variants, (i + 1) * variants)
      .reduce((sum, value) => sum + value / variants, 0),
  );
}
