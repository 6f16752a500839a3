import { z } from 'zod';
import { InputError } from '../../errors.js';
import { NeuronList, selectNeurons } from '../../experiments/neurons.js';
import { checkSpread } from '../../experiments/spread.js';
import type { ServedModel } from '../../inference/catalogue.js';
import { sizeText } from '../../stimulus/errors.js';
import { imageAxes, imageLength } from '../../stimulus/stimuli.js';
import { realNumber } from '../numbers.js';
import { Problem } from '../problem.js';
import { Spread } from '../stimulus-request.js';
import type { StreamTerms } from './terms.js';

/** The query parameters that open a stream. */
export const StreamQuery = z.strictObject({
  dtype: z.enum(['uint8', 'float32']),
  neurons: NeuronList.optional(),
  shape: z
    .string()
    .regex(
      /^\d{1,6}x\d{1,6}(x3)?$/,
      'must be height x width in pixels, such as 50x50, or 50x50x3 in colour',
    )
    .optional(),
  digest: z
    .string()
    .regex(/^[0-9a-f]{64}$/, 'must be the 64 hexadecimal digits of a model')
    .optional(),
  spread: Spread.optional(),
  stamps: z
    .enum(['true', 'false'])
    .transform((text) => text === 'true')
    .describe('whether each answer says when the service read the frame and when it answered')
    .optional(),
  patience: realNumber('must be a number of milliseconds, such as 40').optional(),
});
export type StreamQuery = z.infer<typeof StreamQuery>;

/** Frames of one stream that may wait or be at the engine, and the bytes that they may fill. */
const WINDOW = 16;
const WINDOW_BYTES = 16 * 2 ** 20;

/**
 * @throws Problem 412 when the served model does not have the requested digest
 * @throws InputError for neurons that it does not have, or images of another shape
 */
export function agreeOn(model: ServedModel, query: StreamQuery): StreamTerms {
  const { height, width, channels } = model.card.stimulus;
  const image = { height, width, channels };
  const { dtype, spread = false, stamps = false, patience } = query;
  checkSpread(model, spread);
  if (query.digest !== undefined && query.digest !== model.digest) {
    throw new Problem(
      412,
      `${model.name}/${model.version} has the digest ${model.digest}, the query names another`,
    );
  }
  if (query.shape !== undefined && query.shape !== imageAxes(image).join('x')) {
    const message = `the model takes images of ${sizeText({ height, width })} pixels${channels === 3 ? ' in colour' : ''}`;
    throw new InputError(`shape ${query.shape}: ${message}`, [{ path: 'shape', message }]);
  }
  const fitting = Math.floor(WINDOW_BYTES / (4 * imageLength(image)));
  const window = Math.max(1, Math.min(WINDOW, fitting));
  const neurons = selectNeurons(model.card, query.neurons);
  return { model, image, dtype, spread, stamps, patience, window, ...neurons };
}
