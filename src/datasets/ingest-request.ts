import { z } from 'zod';
import { Monitor } from '../stimulus/colour/monitor.js';
import { DatasetCard } from './card.js';
import { ExpectedSeconds } from './expected-times.js';
import { DataDigest } from './recording.js';

const Milliseconds = z.number().min(-3_600_000).max(3_600_000);
const Window = z
  .strictObject({ from: Milliseconds, to: Milliseconds })
  .refine(({ from, to }) => from < to, 'must begin before it ends');
const Side = z.int().min(1).max(9999);
const Name = z.string().min(1).max(500);

/** What a person may say about a recording; the defaults are those of `hypercolumn ingest`. */
export const IngestRequest = z.strictObject({
  images: Name.optional().describe('the images, where there are several'),
  presentations: Name.optional().describe('which image was presented when'),
  responses: Name.optional().describe('spikes, traces, or a table'),
  split: Name.optional().describe('which images or trials are for validation'),
  firstImage: z
    .union([z.literal(0), z.literal(1)])
    .optional()
    .describe('the number of the first image in the presentations'),
  window: Window.optional().describe('milliseconds after the onset of an image'),
  baseline: z
    .union([Window, z.literal('none')])
    .optional()
    .describe('the window whose mean is subtracted from traces'),
  units: Name.optional().describe("conditions on neurons, as in 'quality == good and snr > 2'"),
  minRate: z.number().optional().describe('neurons with at least this mean response'),
  minReliability: z.number().optional().describe('neurons with at least this reliability'),
  keepBlanks: z.boolean().default(false).describe('keep trials with a blank screen'),
  transpose: z.boolean().default(false).describe('exchange rows and columns of the images'),
  crop: z.number().positive().optional().describe('degrees: keep the central square of this side'),
  gray: z.boolean().default(false).describe('turn colours into their luminance'),
  size: z
    .strictObject({ height: Side, width: Side })
    .optional()
    .describe('pixels to which images are resized'),
  degreesPerPixel: z.number().positive().optional().describe('visual angle of a pixel'),
  monitor: Monitor.optional().describe('the monitor that showed the images'),
  black: z.number().optional().describe('the pixel value that is black'),
  white: z.number().optional().describe('the pixel value that is white'),
  minRepeats: z
    .int()
    .min(2)
    .max(1_000_000)
    .default(4)
    .describe('images with at least so many trials are for validation, where there is no split'),
  validation: z
    .number()
    .gt(0)
    .lt(1)
    .default(0.1)
    .describe('the share of validation images by chance, where no image was repeated so often'),
  seed: z
    .int()
    .min(0)
    .max(2 ** 32)
    .default(1)
    .describe('of that chance'),
  keepNear: z
    .boolean()
    .default(false)
    .describe('keep training images that are nearly equal to a validation image'),
  timeRecipes: z
    .boolean()
    .default(true)
    .describe(
      'measure how long each recipe would take, for seconds to minutes; false: `expectedSeconds` is null',
    ),
});
export type IngestRequest = z.output<typeof IngestRequest>;

/** What there is to choose from in a recording, by the names that options take. */
const Candidates = z.strictObject({
  images: z.array(z.string()),
  presentations: z.array(z.string()),
  responses: z.array(z.string()),
});

/** What an ingest job found, and made. */
export const IngestReport = z.strictObject({
  dataset: DataDigest.describe('the digest of the dataset'),
  found: z
    .array(z.strictObject({ name: z.string(), text: z.string() }))
    .describe('what was taken and what was left out, in words'),
  candidates: Candidates,
  card: DatasetCard,
  expectedSeconds: ExpectedSeconds.nullable().describe(
    'how long each recipe would take on the machine of this job, with all neurons; null where that was not measured',
  ),
});
export type IngestReport = z.infer<typeof IngestReport>;
