import { z } from 'zod';
import { NeuronList } from '../experiments/neurons.js';
import { Fit } from '../stimulus/fit.js';

/** The element types of raw pixels. */
export const RawType = z.enum(['uint8', 'float32']);

/** The query parameters of every route that takes stimuli. */
export const StimulusQuery = z.strictObject({
  neurons: NeuronList.optional(),
  fit: Fit.default('none'),
  dtype: RawType.optional(),
});
export type StimulusQuery = z.infer<typeof StimulusQuery>;

/** Whether the answer has the standard deviation of an ensemble's members. */
export const Spread = z
  .enum(['true', 'false'])
  .transform((text) => text === 'true')
  .describe("whether the answer has the standard deviation of an ensemble's members");
