import type { AppContext } from './context.js';
import type { Format } from './formats.js';
import { joinInChunks } from './in-chunks.js';
import { addSeconds, timed, timingAndId } from './timing.js';

/**
 * A JSON answer; `make` runs under the clock.
 * @param clock milliseconds
 */
export function answerJson(
  c: AppContext,
  clock: () => number,
  make: () => unknown,
  status: 200 | 201 | 202 = 200,
): Response {
  return answer(c, clock, 'application/json', () => JSON.stringify(make()), status);
}

/**
 * The result of an experiment in JSON, with its timing and the request's id. Lists are written in chunks, so
 * that other requests are answered meanwhile.
 * @param written further fields that have been written already, as a JSON object in UTF-8
 */
export async function answerResult(
  c: AppContext,
  clock: () => number,
  result: object,
  written?: Uint8Array<ArrayBuffer>,
): Promise<Response> {
  const fields = { ...result, ...timingAndId(c) };
  const json = await timed(c, clock, 'encode', async () => {
    const texts: string[] = [];
    for (const [name, value] of Object.entries(fields)) {
      const text = Array.isArray(value) ? await listInChunks(value) : JSON.stringify(value);
      texts.push(`${JSON.stringify(name)}:${text}`);
    }
    const text = `{${texts.join(',')}}`;
    return written === undefined ? text : joinObjects(Buffer.from(text), written);
  });
  return c.body(json, 200, { 'Content-Type': 'application/json' });
}

/** Two JSON objects as one; neither is empty. */
function joinObjects(first: Uint8Array, second: Uint8Array): Uint8Array<ArrayBuffer> {
  const joined = new Uint8Array(first.length + second.length - 1);
  joined.set(first);
  joined.set(second, first.length - 1);
  joined[first.length - 1] = COMMA;
  return joined;
}

const COMMA = 0x2c;

async function listInChunks(list: readonly unknown[]): Promise<string> {
  return `[${await joinInChunks(elementsAsJson(list), ',')}]`;
}

function* elementsAsJson(list: readonly unknown[]): Generator<string> {
  for (const element of list) yield JSON.stringify(element);
}

/** An answer in one of the formats of `formats.ts`. */
export async function answerAs<Type extends string, Value>(
  c: AppContext,
  clock: () => number,
  formats: Readonly<Record<Type, Format<Value>>>,
  type: Type,
  value: Value,
): Promise<Response> {
  const body = await timed(c, clock, 'encode', () => formats[type].encode(value));
  return c.body(body, 200, { 'Content-Type': type });
}

function answer(
  c: AppContext,
  clock: () => number,
  contentType: string,
  encode: () => string | Uint8Array<ArrayBuffer>,
  status: 200 | 201 | 202 = 200,
): Response {
  const started = clock();
  const body = encode();
  addSeconds(c, 'encode', (clock() - started) / 1000);
  return c.body(body, status, { 'Content-Type': contentType });
}
