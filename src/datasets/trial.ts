import { z } from 'zod';
import type { StimulusImage } from '../stimulus/stimuli.js';
import { DataDigest } from './recording.js';

/** Characters of an id of a trial and of the name of a clock. */
const MAX_NAME = 200;
/** Most neurons of a trial. */
const MAX_NEURONS = 100_000;

const Name = z
  .string()
  .min(1)
  .max(MAX_NAME)
  // No pattern of the schema: generators of other languages do not know this class.
  .refine((name) => /^[^\p{Cc}]*$/u.test(name), 'must be without control characters');

/** One presentation of one image, with the responses of some neurons to it. */
export const Trial = z
  .strictObject({
    /** The client's own: a trial that is sent again under its id adds nothing. */
    id: Name,
    /** Digest of the stimulus, as `stimulusDigest` has it. */
    stimulus: DataDigest,
    /** Ids of the neurons: columns of the dataset. */
    neurons: z.array(z.int().nonnegative()).min(1).max(MAX_NEURONS),
    /** Of each of these neurons; null where it was not measured. */
    responses: z.array(z.float32().nullable()).min(1).max(MAX_NEURONS),
    /** Milliseconds after the onset over which the responses are taken, [from, to); null where it is not known. */
    window: z.strictObject({ from: z.number(), to: z.number() }).nullable().default(null),
    /** Of the responses. */
    unit: z.string().min(1).max(MAX_NAME),
    /** When the image came on, in seconds of a clock. */
    onset: z.strictObject({ seconds: z.number(), clock: Name }).nullable().default(null),
    /** How many times the image had been presented before, where the client counts it. */
    repeat: z.int().nonnegative().nullable().default(null),
    /** Whether it may be trained on: false for a trial in which, for example, the eye moved. */
    valid: z.boolean().default(true),
  })
  .refine(({ neurons, responses }) => neurons.length === responses.length, {
    path: ['responses'],
    error: 'must have a number, or null, for each of the neurons',
  })
  .refine(({ neurons }) => new Set(neurons).size === neurons.length, {
    path: ['neurons'],
    error: 'must name each neuron once',
  })
  .refine(({ window }) => window === null || window.from < window.to, {
    path: ['window'],
    error: 'must end after it begins',
  });
export type Trial = z.infer<typeof Trial>;

/** A trial that is to be kept. */
export interface NewTrial {
  readonly trial: Trial;
  /** The stimulus, which must be given with its first trial. */
  readonly image?: StimulusImage | undefined;
}
