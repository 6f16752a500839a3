import type { HttpBindings } from '@hono/node-server';
import type { z } from 'zod';
import { InputError, PayloadTooLargeError, UnsupportedMediaError } from '../../errors.js';
import { parseAs, parseJson } from '../../formats/json.js';
import type { ReadStoredSet } from '../../stimulus/decode/decode.js';
import type { AppContext } from '../context.js';
import { Problem } from '../problem.js';
import { readDeadline } from '../request.js';
import type { AppDependencies } from '../service.js';
import type { BodyClient } from './body-decoder.js';
import { type MemoryClient, SMALL_BODY } from './memory-budget.js';

type BodyDependencies = Pick<AppDependencies, 'limits' | 'bodies' | 'clock'>;

/** Bytes of a JSON body without stimuli: room for the ids of twenty thousand neurons. */
const MAX_JSON = 2 ** 18;

/**
 * Reads a JSON body without stimuli; an empty body is an empty object.
 * @throws InputError when it is not JSON, or not what the schema describes; as `readBody`
 */
export async function readJsonBody<T>(
  c: AppContext,
  deps: BodyDependencies,
  schema: z.ZodType<T>,
): Promise<T> {
  const body = await readBody(c, deps, Math.min(MAX_JSON, deps.limits.maxBody));
  return parseAs(schema, body.length === 0 ? {} : parseJson(body), '');
}

/**
 * Reads a whole body.
 * @param limit bytes of the longest that is accepted
 * @throws PayloadTooLargeError beyond the limit, UnsupportedMediaError when it is compressed,
 *   DeadlineError when the client's patience ends before there is room for it
 */
export async function readBody(
  c: AppContext,
  deps: BodyDependencies,
  limit = deps.limits.maxBody,
): Promise<Uint8Array> {
  const encoding = c.req.header('Content-Encoding') ?? 'identity';
  if (encoding !== 'identity') {
    throw new UnsupportedMediaError(
      `Content-Encoding: ${encoding} is not accepted; send the body as it is`,
    );
  }
  return await readAsSent(c, deps, limit);
}

/** How many times its size a compressed body may become, in the format of gzip and deflate. */
const MAX_RATIO = 1032;

/**
 * Reads a whole body, which may be compressed. A body whose Content-Length is over the limit is not read; of
 * one that turns out longer, the rest is discarded.
 * @throws as `readBody`
 */
export async function readAsSent(
  c: AppContext,
  { limits, bodies, clock }: BodyDependencies,
  limit = limits.maxBody,
): Promise<Uint8Array> {
  const request = c.req.raw;
  const announced = request.headers.get('content-length');
  if (announced === null) return readCounting(request, limit, waitForRoom);
  if (Number(announced) > limit) throw tooLarge(limit);
  const arrived = takeArrived(c, Number(announced));
  if (arrived !== undefined) return arrived;
  const isCompressed = request.headers.has('content-encoding');
  await waitForRoom(
    isCompressed ? Math.min(limit, MAX_RATIO * Number(announced)) : Number(announced),
  );
  // This is the fastest way. The server itself enforces the announced length.
  const body = request.arrayBuffer();
  return new Uint8Array(await inTime(body, Number(announced)));

  async function waitForRoom(bytes: number): Promise<void> {
    await c.get('leases').acquireOnce('body', () => bodies.enter(bytes, memoryClient(c, clock)));
  }
}

/**
 * Takes a small body that came with its headers, as those of most requests do: it needs no room, no timer and no stream.
 * @returns undefined where it is large, or has not arrived
 */
function takeArrived(c: AppContext, bytes: number): Uint8Array | undefined {
  // Only a server sets it; a request that is read again has a body of its own.
  const { incoming } = (c.env ?? {}) as Partial<HttpBindings>;
  if (incoming?.readableLength !== bytes || bytes === 0 || bytes > SMALL_BODY) return undefined;
  if (c.req.header('Content-Encoding') !== undefined) return undefined;
  const body = new Uint8Array(incoming.read());
  // Its end is still to come.
  incoming.resume();
  return body;
}

/** The time limit of a body that has room: milliseconds, and bytes per second in addition. */
const [GRACE, MIN_RATE] = [5000, 2 ** 19];

/** @throws Problem 408 when the body takes too long: others wait for the room that it has */
async function inTime<T>(body: Promise<T>, bytes: number): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    const patience = GRACE + (1000 * bytes) / MIN_RATE;
    timer = setTimeout(() => {
      const expected = `expected all ${bytes} bytes within ${Math.round(patience / 1000)} s`;
      const headers = { Connection: 'close' };
      reject(new Problem(408, `the body comes too slowly; ${expected}`, { headers }));
    }, patience);
  });
  try {
    return await Promise.race([body, late]);
  } finally {
    clearTimeout(timer);
    body.catch(() => undefined); // the client may leave later
  }
}

/** The least mean bytes of a chunk, after the first chunks. Reading a chunk takes as long as thousands of bytes. */
const [MIN_CHUNK, FEW_CHUNKS] = [64, 4096];

/** Reads a body of unknown length; once it is not small, it reserves room for the longest body. */
async function readCounting(
  request: Request,
  limit: number,
  waitForRoom: (bytes: number) => Promise<void>,
): Promise<Uint8Array> {
  const chunks: Uint8Array[] = [];
  let length = 0;
  const reader: ReadableStreamDefaultReader<Uint8Array> | undefined = request.body?.getReader();
  for (let read = await reader?.read(); read && !read.done; read = await reader?.read()) {
    length += read.value.length;
    if (length > limit) {
      void discard(reader);
      throw tooLarge(limit);
    }
    if (length > SMALL_BODY) await waitForRoom(limit);
    chunks.push(read.value);
    if (chunks.length > FEW_CHUNKS && length < MIN_CHUNK * chunks.length) {
      // Reading on would cost more than the answer is worth.
      void reader?.cancel();
      throw new InputError(
        `the body comes in too small chunks: ${chunks.length} for ${length} bytes; expected at ` +
          `least ${MIN_CHUNK} bytes in each`,
      );
    }
  }
  const body = new Uint8Array(length);
  let offset = 0;
  for (const chunk of chunks) {
    body.set(chunk, offset);
    offset += chunk.length;
  }
  return body;
}

/**
 * Reads and discards the rest of a body: a client that still sends would lose the answer if the connection
 * was closed. The server's request timeout bounds this.
 */
async function discard(reader: ReadableStreamDefaultReader<Uint8Array> | undefined): Promise<void> {
  try {
    while (reader && !(await reader.read()).done);
  } catch {
    // the client has gone
  }
}

export function tooLarge(limit: number): PayloadTooLargeError {
  return new PayloadTooLargeError(
    `the body is larger than ${limit} bytes, the most that is accepted`,
  );
}

/** A client as the decoder sees it. */
export function bodyClient(
  c: AppContext,
  { clock }: Pick<AppDependencies, 'clock'>,
  readStoredSet?: ReadStoredSet,
): BodyClient {
  const { add: hold } = c.get('leases');
  return { ...memoryClient(c, clock), hold, ...(readStoredSet && { readStoredSet }) };
}

function memoryClient(c: AppContext, clock: () => number): MemoryClient {
  const deadline = readDeadline(c);
  return {
    signal: c.req.raw.signal,
    patience: deadline === undefined ? undefined : deadline - clock(),
    clientId: c.get('request').clientId,
  };
}
