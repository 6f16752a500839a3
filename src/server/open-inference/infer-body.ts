import { z } from 'zod';
import { InputError } from '../../errors.js';
import { parseAs, parseJson } from '../../formats/json.js';

/** Where a body divides, by the header that the protocol has for it. */
export interface BodyParts {
  /** Undefined where the whole body is one tensor. */
  readonly json: Uint8Array | undefined;
  readonly binary: Uint8Array;
}

/**
 * Divides a body into JSON and the tensors behind it.
 * @param headerLength `Inference-Header-Content-Length`: the length of the JSON, 0 where there is none
 */
export function divideBody(body: Uint8Array, headerLength: string | undefined): BodyParts {
  if (headerLength === undefined) return { json: body, binary: body.subarray(body.length) };
  const length = /^\d{1,10}$/.test(headerLength) ? Number(headerLength) : Number.NaN;
  if (!(length <= body.length)) {
    throw new InputError(
      `Inference-Header-Content-Length is ${headerLength}; it must be a whole number of bytes, at ` +
        `most those of the body, ${body.length}`,
    );
  }
  if (length === 0) return { json: undefined, binary: body };
  return { json: body.subarray(0, length), binary: body.subarray(length) };
}

export const InputTensor = z.strictObject({
  name: z.string(),
  shape: z.array(z.int().nonnegative()),
  datatype: z.string(),
  parameters: z
    .strictObject({
      binary_data_size: z.int().nonnegative().optional(),
      /** A field with which some clients state that `data` holds numbers, as `datatype` does. */
      content_type: z.string().optional(),
    })
    .nullish(),
  // a tensor's numbers are checked by hand: a schema for each would cost more than the model does
  data: z.unknown().optional(),
});
export type InputTensor = z.infer<typeof InputTensor>;

/** The JSON of an inference request. Unknown keys are rejected, since they could change the answer. */
export const InferBody = z.strictObject({
  id: z.string().nullish(),
  /** Some clients name the model here too; the path decides. */
  model_name: z.string().nullish(),
  model_version: z.string().nullish(),
  parameters: z
    .strictObject({
      binary_data_output: z.boolean().optional(),
      /** Microseconds; 0: as long as it takes. */
      timeout: z.int().nonnegative().optional(),
      /** 0 or 1: a prediction during an experiment; 2 and more: work that may wait for those. */
      priority: z.int().nonnegative().optional(),
    })
    .nullish(),
  inputs: z.array(InputTensor).min(1),
  outputs: z
    .array(
      z.strictObject({
        name: z.string(),
        parameters: z.strictObject({ binary_data: z.boolean().optional() }).nullish(),
      }),
    )
    .nullish(),
});
export type InferBody = z.infer<typeof InferBody>;

/** @throws InputError when it is not JSON, nests too deep, or is no inference request */
export function parseInferBody(json: Uint8Array): InferBody {
  if (json.length === 0)
    throw new InputError('the body is empty; an inference request is expected');
  return parseAs(InferBody, parseJson(json), '');
}
