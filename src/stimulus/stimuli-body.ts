import { z } from 'zod';
import { quote } from '../formats/explain.js';
import { SCHEMAS } from './parametric/kinds.js';

// Pixels are checked where they are decoded: a schema for each number would take longer than the model.
export const StimulusEntry = z.unknown().meta({
  description:
    'Rows of pixels, 0..1; or {"png": base64} (also JPEG, WebP, TIFF); or {"npy": base64} of one ' +
    'image; or a stimulus by its parameters, such as {"grating": {...}}, of which there are ' +
    `${Object.keys(SCHEMAS).join(', ')} and image: see docs/stimuli.md`,
});

const Neurons = z
  .union([z.array(z.int().nonnegative()).min(1), z.string()])
  .optional()
  .describe('the neurons to compute: their numbers, or a text such as 0,5,7-12; default all');

/** The JSON body that contains stimuli. */
export const StimuliBody = z.strictObject({
  stimuli: z.array(StimulusEntry).min(1, 'there are no stimuli'),
  neurons: Neurons,
});
export type StimuliBody = z.infer<typeof StimuliBody>;

/** The digest of a stored stimulus set. */
export const SetDigest = z.string().regex(/^[0-9a-f]{64}$/, {
  error: ({ input }) =>
    `is ${quote(String(input))}; expected the digest of a stored set, all 64 hex digits of it: GET /v1/stimulus-sets lists the sets`,
});

/** The JSON body that names a stored set of stimuli, or some stimuli of one. */
export const StoredSetBody = z.strictObject({
  stimulusSet: SetDigest,
  stimuli: z
    .array(z.int().nonnegative())
    .min(1, 'there are no stimuli')
    .optional()
    .describe('which of the set, by their numbers from 0, in this order; default all'),
  neurons: Neurons,
});
export type StoredSetBody = z.infer<typeof StoredSetBody>;
