import { z } from 'zod';
import { SetDigest } from '../../stimulus/stimuli-body.js';
import { Neurons } from '../neurons.js';
import { Digest, Id, ModelIdentity, Numbers, Score } from '../result-parts.js';

const Gray = z.number().min(0).max(1);

/** A search for preferred stimuli; `{}` is a whole experiment. */
export const PreferredStimulusRequest = z
  .strictObject({
    neurons: Neurons,
    restarts: z.int().min(1).max(16).default(4),
    steps: z.int().min(1).max(2000).default(60),
    stepSize: z
      .number()
      .positive()
      .max(1)
      .default(0.1)
      .describe('length of the first step, as a share of the norm; the others shorten evenly to 0'),
    norm: z
      .number()
      .positive()
      .max(1e4)
      .optional()
      .describe(
        'the largest value of sqrt(sum (pixel - background)^2), in colour of the root of a third of the sum',
      ),
    pixels: z
      .tuple([Gray, Gray])
      .default([0, 1])
      .describe('the smallest and the largest value of a pixel; the background is between them'),
    blur: z
      .number()
      .min(0)
      .max(10)
      .default(1)
      .describe('of each gradient: sigma in pixels; 0: none'),
    jitter: z.int().min(0).max(10).default(0).describe('pixels, at most, that a step shifts by'),
    seed: z.int().default(1),
    stimulusSet: SetDigest.optional().describe(
      'a stored set; the result then has its best stimulus for each neuron',
    ),
  })
  .meta({ id: 'Ascent' });
export type PreferredStimulusRequest = z.infer<typeof PreferredStimulusRequest>;

const found = {
  response: z.number(),
  spread: z.number().optional().describe("the standard deviation of an ensemble's members"),
  digest: Digest,
};

/** The settings of the search and its results for each neuron; the images are in separate files. */
export const PreferredStimulusResult = z
  .strictObject({
    model: ModelIdentity,
    restarts: z.int(),
    method: z
      .enum(['gradient', 'cma-es'])
      .optional()
      .describe('cma-es: with responses alone, as the network has no gradient'),
    seed: z.int(),
    steps: z.int(),
    stepSize: z.number(),
    background: z.number(),
    norm: z.number(),
    pixels: Numbers,
    blur: z.number(),
    jitter: z.int(),
    formulas: z.strictObject({ norm: z.string(), diversity: z.string() }),
    neurons: z.array(
      z.strictObject({
        id: Id,
        best: z.int().describe('the number of the restart that found most'),
        stimuli: z.array(z.strictObject(found)).describe('one for each restart'),
        diversity: Score,
        bestOfSet: z.strictObject({ stimulus: z.int(), ...found }).optional(),
      }),
    ),
  })
  .meta({ id: 'PreferredStimuli' });
export type PreferredStimulusResult = z.infer<typeof PreferredStimulusResult>;

/** The images of a running search. */
export interface AscentPreview {
  readonly neuron: number;
  /** Images, height, width, and in colour 3. */
  readonly shape: readonly number[];
  /** One byte for each value, 0 black, 255 white, in base64. */
  readonly pixels: string;
}
