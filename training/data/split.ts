import { InputError } from '../../src/errors.js';
import type { TrainingCard } from '../../src/models/card.js';
import { randomStream } from '../../src/network/random.js';
import { type Recording, selectImages } from './recording.js';
import type { Site } from './site.js';
import { checkCount, checkMeasured, checkShared } from './split-checks.js';

/** A site's images by their use. */
export interface TrainingData {
  /** Those trained on. */
  readonly training: Recording;
  /** Those on which each neuron's kept epoch is chosen. */
  readonly selection: Recording;
  /** Those on which the kept networks are measured. */
  readonly validation: Recording;
}

/** Of the training images, one in this many is held out. */
const HELD_OUT = 10;

/**
 * Divides a site's images. Held-out images depend on the seed and the number of images alone.
 * @param neurons ids of those that are used; without, all
 * @throws InputError where too few images are there to hold some out, or a neuron was measured for too few of them
 */
export function splitSite(
  { training, validation }: Pick<Site, 'training' | 'validation'>,
  split: TrainingCard['split'],
  seed: number,
  neurons: readonly number[] | null = null,
): TrainingData {
  if (split === 'validation') return { training, selection: validation, validation };
  const heldOut = Math.floor(training.count / HELD_OUT);
  if (heldOut < 2) {
    throw new InputError(
      `--select heldout holds out one training image in ${HELD_OUT}, and needs at least ` +
        `${2 * HELD_OUT}: ${training.count} are there`,
    );
  }
  const order = Uint32Array.from({ length: training.count }, (_, image) => image);
  randomStream(seed, 'heldout').shuffle(order);
  const trained = selectImages(training, order.subarray(heldOut).toSorted());
  const selection = selectImages(training, order.subarray(0, heldOut).toSorted());
  const advice = 'leave it out with train --neurons, or train with --select validation';
  checkMeasured('remaining training', trained, { allowFew: true, neurons }, advice);
  checkMeasured('held-out', selection, { allowFew: false, neurons }, advice);
  return { training: trained, selection, validation };
}

/** Warnings about held-out images that affect how far the chosen epochs can be trusted. */
export function selectionWarnings(
  { training, selection }: TrainingData,
  split: TrainingCard['split'],
): string[] {
  if (split === 'validation') return [];
  const allowed = { allowFew: true, allowShared: true };
  return [
    ...checkCount('held-out', selection.count, allowed),
    ...checkShared('held-out', selection, training, allowed),
  ];
}

/**
 * @param neurons ids of those that are used; without, all
 * @throws InputError naming the first response that a loss is not defined for
 */
export function checkTargets(
  { training }: Pick<Site, 'training'>,
  loss: TrainingCard['loss'],
  neurons: readonly number[] | null = null,
): void {
  if (loss !== 'poisson') return;
  const used = neurons && new Set(neurons);
  const bad = training.responses.findIndex(
    (response, i) => response < 0 && (used === null || used.has(i % training.neurons)),
  );
  if (bad < 0) return;
  const [image, neuron] = [Math.floor(bad / training.neurons), bad % training.neurons];
  throw new InputError(
    `${training.responseFile}: the response of neuron ${neuron} to image ${image} is ` +
      `${training.responses[bad]}, and the Poisson loss is of counts, which are not negative: ` +
      'train with --loss mse, or set negative responses to 0',
  );
}
