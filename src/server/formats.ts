import { accepts } from 'hono/accepts';
import { z } from 'zod';
import type { Presentation } from '../experiments/presentation.js';
import { type Responses, responsesArray, responsesCsvRows } from '../experiments/responses.js';
import { encodeNpy } from '../formats/npy.js';
import { encodePng } from '../stimulus/encode-png.js';
import type { StimulusImage } from '../stimulus/stimuli.js';
import type { AppContext } from './context.js';
import { joinInChunks } from './in-chunks.js';
import { BINARY } from './operation.js';

/** An array of numbers, row-major. */
export interface Tensor {
  readonly values: Float32Array;
  readonly shape: readonly number[];
}

/** Responses with the stimuli and neurons that they are of. */
export interface PresentedResponses {
  readonly presentation: Presentation;
  readonly responses: Responses;
}

/** How values are written as one media type. */
export interface Format<Value> {
  /** The schema of the body in the OpenAPI document. */
  readonly schema: typeof BINARY | z.ZodType;
  readonly encode: (value: Value) => Body | Promise<Body>;
}

type Body = string | Uint8Array<ArrayBuffer>;

/** For arrays of any shape. */
export const TENSOR_FORMATS = {
  'application/x-npy': {
    schema: BINARY,
    encode: ({ values, shape }) => new Uint8Array(encodeNpy(values, shape)),
  },
} as const satisfies Readonly<Record<string, Format<Tensor>>>;

/** For responses, [stimuli, neurons], or [2, stimuli, neurons] with their spread. */
export const RESPONSE_FORMATS = {
  'application/x-npy': {
    schema: BINARY,
    encode: (presented) => TENSOR_FORMATS['application/x-npy'].encode(asTensor(presented)),
  },
  'application/octet-stream': {
    schema: BINARY,
    encode: (presented) => rawBytes(asTensor(presented)),
  },
  'text/csv': {
    schema: z.string(),
    encode: ({ presentation, responses }) =>
      joinInChunks(responsesCsvRows(presentation, responses)),
  },
} as const satisfies Readonly<Record<string, Format<PresentedResponses>>>;

function asTensor({ presentation, responses }: PresentedResponses): Tensor {
  return responsesArray(presentation, responses);
}

/** For pictures. */
export const IMAGE_FORMATS = {
  'image/png': {
    schema: BINARY,
    encode: async (image) => new Uint8Array(await encodePng(image)),
  },
} as const satisfies Readonly<Record<string, Format<StimulusImage>>>;

/** Little-endian float32. */
function rawBytes({ values }: Tensor): Body {
  return new Uint8Array(values.buffer as ArrayBuffer, values.byteOffset, values.byteLength);
}

/** The bodies of an answer in these formats, for the declaration of a route. */
export function describeContent<const Formats extends Readonly<Record<string, Format<never>>>>(
  formats: Formats,
): { readonly [Type in keyof Formats]: Formats[Type]['schema'] } {
  const entries = Object.entries(formats).map(([type, { schema }]) => [type, schema]);
  return Object.fromEntries(entries);
}

/** Chooses by `Accept` among media types; the first where it names none of them. */
export function negotiate<Type extends string>(c: AppContext, types: readonly Type[]): Type {
  const chosen = accepts(c, { header: 'Accept', supports: [...types], default: types[0]! });
  return chosen as Type;
}
