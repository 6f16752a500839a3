import { z } from 'zod';
import { Monitor } from '../stimulus/colour/monitor.js';

const Count = z.int().nonnegative();
const Sha256 = z.string().regex(/^[0-9a-f]{64}$/);
/** Milliseconds around the onset of an image, [from, to). */
const Window = z.strictObject({ from: z.number(), to: z.number() }).nullable();

/** The files of a dataset. numpy reads all of them. */
export const DATASET_FILES = {
  /** [images, height, width], or with 3 channels at the end. */
  images: 'images.npy',
  /** [images, neurons] float32: the mean over the trials; NaN where none was measured. */
  responses: 'responses.npy',
  /** [trials, neurons] float32; NaN where it was not measured. */
  trials: 'trials.npy',
  /** [trials] int32: the row of `images` that was presented. */
  trialImages: 'trial_images.npy',
  /** [images] uint8: 0 training, 1 validation, 2 test. */
  split: 'split.npy',
} as const;

/** Codes of the parts in `split.npy`. */
export const PARTS = ['train', 'validation', 'test'] as const;
export type Part = (typeof PARTS)[number];

/** What is known about a dataset: where each number is from. */
export const DatasetCard = z.strictObject({
  format: z.literal('hypercolumn-dataset/1'),
  name: z.string().min(1),
  images: z.strictObject({
    count: Count,
    height: z.int().positive(),
    width: z.int().positive(),
    channels: z.union([z.literal(1), z.literal(3)]),
    /** The pixel value that is white; 0 is black. */
    white: z.number().positive(),
    degreesPerImage: z.number().positive().nullable(),
    /** The monitor that showed the images, where it is known. */
    monitor: Monitor.optional(),
    /** What was done to the images of the recording, in words. */
    changes: z.array(z.string()),
  }),
  neurons: z.array(
    z.strictObject({ id: z.string(), reliability: z.number().min(-1).max(1).nullable() }),
  ),
  responses: z.strictObject({ unit: z.string(), window: Window, baseline: Window }),
  trials: z.strictObject({ count: Count, maxRepeats: Count }),
  split: z.strictObject({ rule: z.string(), train: Count, validation: Count, test: Count }),
  /** What of the recording is not in the dataset, and why. */
  dropped: z.array(z.strictObject({ reason: z.string(), count: Count })),
  source: z.strictObject({
    format: z.string(),
    images: z.string(),
    presentations: z.string().nullable(),
    responses: z.string(),
    files: z.array(z.strictObject({ name: z.string(), bytes: Count, sha256: Sha256 })),
  }),
  notes: z.array(z.string()),
  /** The command that made it. */
  command: z.string(),
  /** SHA-256 of each file, by its name. */
  files: z.record(z.enum(DATASET_FILES), Sha256),
});
export type DatasetCard = z.infer<typeof DatasetCard>;

export const DATASET_CARD_FILE = 'dataset.json';

/** Bytes of the largest card that is read: a line for each of 100,000 files and neurons. */
export const MAX_CARD_BYTES = 2 ** 26;

/** Shape of `images.npy`. */
export function imagesShape({ count, height, width, channels }: DatasetCard['images']): number[] {
  return [count, height, width, ...(channels === 3 ? [channels] : [])];
}
