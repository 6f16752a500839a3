import { expect, test } from 'vitest';
import { randomStream } from '../../../src/network/random.js';
import { ccNorm, feve } from '../../../src/tuning/repeats.js';
import {
  bootstrapMeans,
  meanOf,
  percentileInterval,
} from '../../../training/comparison/bootstrap.js';
import { compareRecipes, type TrainedRecipe } from '../../../training/comparison/comparison.js';
import {
  clip,
  isNoisy,
  measure,
  type RecordedNeuron,
} from '../../../training/comparison/measures.js';

const IMAGES = 400;

/** Normal numbers, and others that correlate with them at about r. */
function correlated(r: number, key: string) {
  const random = randomStream(1, key);
  const real = Float64Array.from({ length: IMAGES }, () => random.normal());
  const other = real.map((value) => r * value + Math.sqrt(1 - r * r) * random.normal());
  return { real, other };
}

function neuron(id: number, responses: Float64Array, noise = 0): RecordedNeuron {
  const random = randomStream(2, id);
  const values = Float64Array.from(
    { length: 4 * IMAGES },
    (_, i) => responses[i % IMAGES]! + noise * random.normal(),
  );
  return {
    id,
    images: Array.from({ length: IMAGES }, (_, i) => i),
    responses,
    trials: { repeats: 4, stimuli: IMAGES, values },
  };
}

test('the interval of a correlation is about that of the Fisher transformation', () => {
  const { real, other } = correlated(0.6, 'fisher');
  const recorded = [neuron(0, real)];
  const { value } = measure('CORR', recorded[0]!, other);
  const [means] = bootstrapMeans(
    'CORR',
    recorded,
    [{ seeds: [[other]] }],
    IMAGES,
    2000,
    () => undefined,
  );
  const [low, high] = percentileInterval(means!)!;
  const z = Math.atanh(value!);
  // The sampling error of a percentile of 2,000 draws is about 0.003.
  expect(Math.abs(low - Math.tanh(z - 1.96 / Math.sqrt(IMAGES - 3)))).toBeLessThan(0.015);
  expect(Math.abs(high - Math.tanh(z + 1.96 / Math.sqrt(IMAGES - 3)))).toBeLessThan(0.015);
});

test('measures of all images are those of the formulas, in any order of the images', () => {
  const { real, other } = correlated(0.8, 'measures');
  const recorded = neuron(3, real, 0.5);
  const all = Uint32Array.from({ length: IMAGES }, (_, i) => IMAGES - 1 - i);
  for (const [name, expected] of [
    ['CCnorm', ccNorm(recorded.trials!, other).value],
    ['FEVE', feve(recorded.trials!, other).value],
  ] as const) {
    expect(measure(name, recorded, other)).toEqual({ value: expected });
    expect(measure(name, recorded, other, all).value).toBeCloseTo(expected!, 10);
  }
  expect(measure('CORR', recorded, new Float64Array(IMAGES))).toMatchObject({ value: null });
  expect(measure('FEVE', { ...recorded, trials: null }, other)).toEqual({
    value: null,
    reason: 'the repeats are not known',
  });
});

test('a neuron is noisy where the noise has more variance than the signal', () => {
  const { real } = correlated(0, 'noisy');
  expect([0.5, 0.9, 1.2, 3].map((noise) => isNoisy(neuron(0, real, noise)))).toEqual([
    ...[false, false],
    ...[true, true],
  ]);
  expect([-0.2, 0.4, 1.7].map(clip)).toEqual([0, 0.4, 1]);
});

test('an image that a neuron was not measured for counts for no draw of that neuron', () => {
  const { real, other } = correlated(0.5, 'gaps');
  const whole = neuron(0, real);
  const images = whole.images.filter((image) => image % 3 > 0);
  const gather = (values: Float64Array) => Float64Array.from(images, (image) => values[image]!);
  const gaps = { ...whole, images, responses: gather(real), trials: null };
  const [means] = bootstrapMeans(
    'CORR',
    [gaps],
    [{ seeds: [[gather(other)]] }],
    IMAGES,
    200,
    () => undefined,
  );
  const [low, high] = percentileInterval(means!)!;
  const { value } = measure('CORR', gaps, gather(other));
  expect(low).toBeLessThan(value!);
  expect(high).toBeGreaterThan(value!);
});

test('recipes are compared draw by draw: the same predictions differ by nothing', () => {
  const [good, bad] = [correlated(0.7, 'good'), correlated(0.3, 'bad')];
  const recorded = [neuron(0, good.real, 0.5), neuron(1, bad.real, 0.5)];
  const recipe = (name: string, seeds: Float64Array[][]): TrainedRecipe => ({
    recipe: name,
    saved: {} as TrainedRecipe['saved'],
    predictions: { seeds },
    ensemble: seeds[0]!,
    cost: { multiplications: 1, parameters: 1, seconds: 1 },
  });
  const own = [good.other, bad.other];
  const noise = [correlated(0, 'a').other, correlated(0, 'b').other];
  const site = { site: 's', validationImages: IMAGES, trainingImages: 10, hasRepeats: true };
  const { recipes } = compareRecipes(
    { ...site, recorded },
    [recipe('one', [own, own]), recipe('same', [own, own]), recipe('noise', [noise, own])],
    100,
    () => undefined,
  );
  const [one, same, other] = recipes.map(({ scores }) => scores.CORR!);
  expect(one!.difference).toBeNull();
  expect(same!.difference).toEqual({ mean: 0, interval: [0, 0] });
  expect(same!.seedDeviation).toBe(0);
  const each = own.map((values, i) => measure('CORR', recorded[i]!, values).value!);
  expect(one!.mean).toBeCloseTo(meanOf(each)!, 12);
  expect(other!.mean).toBeLessThan(one!.mean!);
  expect(other!.difference!.interval![1]).toBeLessThan(0);
  expect(other!.seedDeviation).toBeGreaterThan(0.1);
});
