import { z } from 'zod';
import { Digest } from '../experiments/result-parts.js';
import { EntryOptions } from '../stimulus/parametric/entry.js';
import { SCHEMAS } from '../stimulus/parametric/kinds.js';
import { ImageView } from '../stimulus/parametric/view.js';
import { StimuliBody, StoredSetBody } from '../stimulus/stimuli-body.js';
import { STAGES } from './metrics/statistics.js';
import { BINARY, type Content, named } from './operation.js';

/** The last fields of answers of models. */
export const ending = {
  timing: named(
    'Timing',
    z
      .strictObject(Object.fromEntries(STAGES.map((stage) => [stage, z.number().optional()])))
      .describe('milliseconds'),
  ),
  id: z.string().describe('the X-Request-Id'),
};

/** Fields of answers to a stored stimulus set. */
export const cached = {
  stimulusSet: Digest.optional(),
  cache: z.enum(['hit', 'miss', 'partial']).optional(),
};

/** Headers of answers in other media types than JSON, which has these as fields. */
export const REPORT_HEADERS = {
  'X-Stimulus-Set': 'the digest of all stimuli together',
  'X-Stimulus-Digests': 'of each stimulus, as long as they are few',
  'X-Stimulus-Warnings': 'what is to be known of the stimuli, as JSON',
};

/** A file of a form. */
export const fileField = (description: string) => z.file().describe(description);

/** A stimulus by its parameters is a whole body. */
const Entries = Object.entries({ ...SCHEMAS, image: ImageView }).map(([kind, schema]) =>
  z.strictObject({ [kind]: schema, ...EntryOptions.shape }),
);
const NewStimuli = named('NewStimuli', z.union([StimuliBody, ...Entries]));
const Files = { stimuli: z.array(z.file()).min(1).describe('images or .npy files') };

/** The bodies of routes that take stimuli. */
export const NEW_STIMULI = {
  'image/png': BINARY,
  'image/jpeg': BINARY,
  'image/webp': BINARY,
  'image/tiff': BINARY,
  'application/x-npy': BINARY,
  'application/octet-stream': BINARY,
  'application/json': NewStimuli,
  'multipart/form-data': named('StimulusFiles', z.object(Files)),
} as const satisfies Content;

/** A form with stimuli, or with the digest of stored ones, and with more fields. */
export function formSchema(id: string, more: Readonly<Record<string, z.ZodType>>): z.ZodType {
  const kinds = [z.object({ ...Files, ...more }), z.object({ stimulusSet: Digest, ...more })];
  return named(id, z.union(kinds));
}

/** The bodies of routes that take stimuli or the digest of stored ones. */
export const STIMULI = {
  ...NEW_STIMULI,
  'application/json': named('Stimuli', z.union([NewStimuli, StoredSetBody])),
  'multipart/form-data': formSchema('Form', {}),
} as const satisfies Content;
