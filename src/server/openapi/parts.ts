import { z } from 'zod';
import { Digest } from '../../experiments/result-parts.js';
import { Beside } from '../../stimulus/parametric/entry.js';
import { SCHEMAS } from '../../stimulus/parametric/kinds.js';
import { ImageView } from '../../stimulus/parametric/view.js';
import { StimuliBody, StoredSetBody } from '../../stimulus/stimuli-body.js';
import { STAGES } from '../metrics/statistics.js';
import { BINARY, type Content, named } from '../operation.js';

/** What answers of models end with. */
export const ending = {
  timing: named(
    'Timing',
    z
      .strictObject(Object.fromEntries(STAGES.map((stage) => [stage, z.number().optional()])))
      .describe('milliseconds'),
  ),
  id: z.string().describe('the X-Request-Id'),
};

/** What an answer says where the stimuli were a stored set. */
export const recalled = {
  stimulusSet: Digest.optional(),
  cache: z.enum(['hit', 'miss', 'partial']).optional(),
};

/** Of answers that are no JSON: what else would stand in it. */
export const REPORT_HEADERS = {
  'X-Stimulus-Set': 'the digest of all stimuli together',
  'X-Stimulus-Digests': 'of each stimulus, as long as they are few',
  'X-Stimulus-Warnings': 'what is to be known of the stimuli, as JSON',
};

/** A stimulus by its parameters is a whole body. */
const Entries = Object.entries({ ...SCHEMAS, image: ImageView }).map(([kind, schema]) =>
  z.strictObject({ [kind]: schema, ...Beside.shape }),
);
const NewStimuli = named('NewStimuli', z.union([StimuliBody, ...Entries]));
const Files = { stimuli: z.array(z.file()).min(1).describe('images or .npy files') };

/** What every route takes that takes stimuli. */
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

/** A form with stimuli, or with the digest of stored ones, and with what else. */
export function formOf(id: string, more: Readonly<Record<string, z.ZodType>>): z.ZodType {
  const kinds = [z.object({ ...Files, ...more }), z.object({ stimulusSet: Digest, ...more })];
  return named(id, z.union(kinds));
}

/** The same of routes to which stored stimuli can be named as well. */
export const STIMULI = {
  ...NEW_STIMULI,
  'application/json': named('Stimuli', z.union([NewStimuli, StoredSetBody])),
  'multipart/form-data': formOf('Form', {}),
} as const satisfies Content;
