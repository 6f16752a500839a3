import type { NewTrial } from '../../src/datasets/trial.js';
import { stimulusDigest } from '../../src/stimulus/stimuli.js';
import { type WrittenDataset, writeDataset } from '../../training/dataset/write-dataset.js';
import { IMAGE_PIXELS, IMAGE_SIDE } from '../../training/synthetic/images.js';
import { type SyntheticSite, synthesizeSite } from '../../training/synthetic/site.js';

export const NEURONS = 30;
export const TRIALS = 100;
/** Training and validation images of the dataset. */
const IMAGES = 200;
const VALIDATION = 300;
const UNIT = 'spikes/s';

/** A site whose first images are those of the dataset; trials come of the others. */
export function synthesizeSession(): SyntheticSite {
  return synthesizeSite({
    ...{ site: 'session', seed: 1, neurons: NEURONS, surround: true, repeats: 1 },
    ...{ images: IMAGES + TRIALS, validation: VALIDATION },
  });
}

/** Writes the dataset that is there before the session. */
export async function makeDataset(folder: string, site: SyntheticSite): Promise<WrittenDataset> {
  const count = IMAGES + VALIDATION;
  const train = site.trainImages.subarray(0, IMAGES * IMAGE_PIXELS);
  return await writeDataset(folder, {
    card: {
      name: 'session',
      images: {
        ...{ count, height: IMAGE_SIDE, width: IMAGE_SIDE, channels: 1, white: 255 },
        ...{ degreesPerImage: null, changes: [] },
      },
      neurons: Array.from({ length: NEURONS }, (_, i) => ({ id: String(i), reliability: null })),
      responses: { unit: UNIT, window: null, baseline: null },
      splitRule: 'as they were made',
      dropped: [],
      source: {
        ...{ format: 'synthetic', images: 'made', presentations: null, responses: 'made' },
        files: [],
      },
      ...{ notes: [], command: 'bench:trials' },
    },
    images: blocks(train, site.validationImages),
    parts: Array.from({ length: count }, (_, i) => (i < IMAGES ? 'train' : 'validation')),
    trials: Float32Array.of(
      ...site.trainResponses.subarray(0, IMAGES * NEURONS),
      ...site.validationResponses,
    ),
    trialImages: Int32Array.from({ length: count }, (_, i) => i),
  });
}

async function* blocks(...parts: readonly Uint8Array[]) {
  yield* parts;
}

/** The images of the site that come after those of the dataset. */
export function trialsOf({ trainImages, trainResponses }: SyntheticSite): NewTrial[] {
  return Array.from({ length: TRIALS }, (_, i) => {
    const place = IMAGES + i;
    const bytes = trainImages.subarray(place * IMAGE_PIXELS, (place + 1) * IMAGE_PIXELS);
    const image = {
      ...{ height: IMAGE_SIDE, width: IMAGE_SIDE, channels: 1 as const },
      pixels: Float32Array.from(bytes, (value) => value / 255),
    };
    const trial = {
      ...{ id: `trial ${i}`, stimulus: stimulusDigest(image), unit: UNIT, valid: true },
      ...{ window: null, onset: null, repeat: null },
      neurons: Array.from({ length: NEURONS }, (_, id) => id),
      responses: [...trainResponses.subarray(place * NEURONS, (place + 1) * NEURONS)],
    };
    return { trial, image };
  });
}
