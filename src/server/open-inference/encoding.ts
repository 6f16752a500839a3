import { promisify } from 'node:util';
import { constants, deflate, gunzip, gzip, inflate } from 'node:zlib';
import { accepts } from 'hono/accepts';
import { InputError } from '../../errors.js';
import { tooLarge } from '../body/read-body.js';
import type { AppContext } from '../context.js';
import { Problem } from '../problem.js';

/** Bytes below which compression is not worth the time. */
const MIN_BYTES = 1024;

const DECODERS = { gzip: promisify(gunzip), deflate: promisify(inflate) };
const ENCODERS = { gzip: promisify(gzip), deflate: promisify(deflate) };

/**
 * Undoes the `Content-Encoding` of a body, gzip or deflate (zlib), up to `limit` bytes.
 * @throws Problem 415 for another encoding, PayloadTooLargeError when it holds more than the limit,
 *   InputError when it is truncated or corrupted
 */
export async function decompress(
  body: Uint8Array,
  contentEncoding = 'identity',
  limit: number,
): Promise<Uint8Array> {
  const encoding = contentEncoding.trim().toLowerCase();
  if (encoding === 'identity') return body;
  if (encoding !== 'gzip' && encoding !== 'deflate') {
    throw new Problem(
      415,
      `Content-Encoding is not accepted: ${encoding}; expected gzip or deflate`,
      {
        headers: { 'Accept-Encoding': 'gzip, deflate' },
      },
    );
  }
  try {
    return await DECODERS[encoding](body, { maxOutputLength: limit });
  } catch (cause) {
    if (cause instanceof RangeError) throw tooLarge(limit);
    throw new InputError(`the body cannot be read as ${encoding}: truncated or corrupted`, [], {
      cause,
    });
  }
}

/** A body as it is sent, with the headers that say how. */
export interface EncodedBody {
  readonly body: Uint8Array<ArrayBuffer>;
  readonly headers: Readonly<Record<string, string>>;
}

/** Compresses an answer where the client accepts that and where it gets smaller. */
export async function compress(c: AppContext, body: Uint8Array<ArrayBuffer>): Promise<EncodedBody> {
  const headers = { Vary: 'Accept-Encoding' };
  const supports = ['gzip', 'deflate', 'identity'] as const;
  const encoding = accepts(c, {
    header: 'Accept-Encoding',
    supports: [...supports],
    default: 'identity',
  });
  if ((encoding !== 'gzip' && encoding !== 'deflate') || body.length < MIN_BYTES) {
    return { body, headers };
  }
  // float32 hardly gets smaller with more effort
  const smaller = await ENCODERS[encoding](body, { level: constants.Z_BEST_SPEED });
  if (smaller.length >= body.length) return { body, headers };
  return { body: new Uint8Array(smaller), headers: { ...headers, 'Content-Encoding': encoding } };
}
