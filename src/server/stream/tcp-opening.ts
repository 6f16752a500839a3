import { z } from 'zod';
import { parseAs, parseJson } from '../../formats/json.js';
import { ModelName } from '../../models/card.js';

/** A parameter of the stream; null is as if it was not there. */
const Parameter = z.union(
  [z.string(), z.number(), z.boolean(), z.null(), z.array(z.number())],
  'must be a text, a number, true, false, or a list of numbers',
);

/** The first message over TCP. What is not named here is the same as in the query of a WebSocket. */
const Opening = z
  .object({
    model: ModelName,
    version: z.int().positive().nullish(),
    key: z
      .string()
      .regex(/^[\x21-\x7e]+$/, 'must be a key, without blanks')
      .nullish(),
  })
  .catchall(Parameter);

/**
 * The first message as the request that opens the same stream over a WebSocket.
 * @param gone aborted when the client has gone
 * @throws InputError when it is not JSON, names no model, or has a parameter of another type
 */
export function requestOf(message: Uint8Array, gone: AbortSignal): Request {
  const { model, version, key, ...parameters } = parseAs(
    Opening,
    parseJson(message, 'the first message'),
    '',
    { name: 'the first message' },
  );
  const place = version == null ? model : `${model}/versions/${version}`;
  const url = new URL(`http://localhost/v1/models/${place}/stream`);
  for (const [name, value] of Object.entries(parameters)) {
    if (value !== null) url.searchParams.set(name, asText(name, value));
  }
  const headers: Record<string, string> = key == null ? {} : { Authorization: `Bearer ${key}` };
  return new Request(url, { headers, signal: gone });
}

function asText(name: string, value: string | number | boolean | readonly number[]): string {
  if (typeof value !== 'object') return String(value);
  return value.join(name === 'shape' ? 'x' : ',');
}
