import { z } from 'zod';
import type { ServedModel } from '../inference/catalogue.js';
import { PRECISIONS } from '../network/precision.js';

// Parts of the results of several experiments. An id is the name of a part in the OpenAPI document.

/** A SHA-256, in hexadecimal digits. */
export const Digest = z.string().regex(/^[0-9a-f]{64}$/);

export const Numbers = z.array(z.number());
export const Rows = z.array(Numbers);
/** The id of a neuron. */
export const Id = z.int().nonnegative();
/** A number that may be undefined. */
export const Score = z.number().nullable();

/** The model that an experiment measured. */
export const ModelIdentity = z
  .strictObject({
    name: z.string(),
    version: z.int().positive(),
    digest: Digest,
    precision: z
      .enum(PRECISIONS)
      .optional()
      .describe('in which its responses are computed; left out: float32'),
  })
  .meta({ id: 'ModelIdentity' });
export type ModelIdentity = z.infer<typeof ModelIdentity>;

export function modelIdentity({
  name,
  version,
  digest,
  precision = 'float32',
}: ModelIdentity | ServedModel): ModelIdentity {
  return { name, version, digest, ...(precision === 'float32' ? {} : { precision }) };
}

export const Report = z
  .strictObject({ digest: Digest, warnings: z.array(z.string()) })
  .meta({ id: 'StimulusReport' });

export const Warnings = z.array(
  z
    .strictObject({
      warning: z.string(),
      first: z.int().describe('the first stimulus that has it'),
      count: z.int(),
    })
    .meta({ id: 'GatheredWarning' }),
);

/** A stimulus by its parameters, such as `{"grating": {...}}`. */
export const StimulusEntry = z.record(z.string(), z.unknown());

/** A parameter that was swept, and its values. */
export const sweptAxis = { parameter: z.string(), values: Numbers, unit: z.string() };

/** The stimuli of a sweep, each with the parameters that vary. */
export const SweptStimuli = z.array(
  z
    .object({ digest: Digest, warnings: z.array(z.string()) })
    .catchall(z.number().describe('a parameter that varies')),
);
export type SweptStimulus = z.infer<typeof SweptStimuli>[number];
