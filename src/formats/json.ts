import { z } from 'zod';
import { InputError, type InputProblem, PayloadTooLargeError } from '../input-error.js';

/**
 * The most that is read: a longer text keeps everybody else waiting while it is read, and the same
 * numbers in binary are read a hundred times as fast.
 */
const MAX_BYTES = 16 * 2 ** 20;
/** How deep arrays and objects may lie in one another. */
const MAX_DEPTH = 64;
/** Arrays, objects and texts: each takes far more memory than the two bytes it is written in. */
const MAX_PARTS = 1_000_000;

/**
 * @throws InputError when the bytes are not JSON in UTF-8, with the position of the error, or are
 *   nested too deep; PayloadTooLargeError when they are larger, or have more parts, than is read here
 */
export function parseJson(body: Uint8Array): unknown {
  checkExtent(body);
  let text: string;
  try {
    text = new TextDecoder('utf-8', { fatal: true }).decode(body);
  } catch (cause) {
    throw new InputError('the body is not text in UTF-8', [], { cause });
  }
  try {
    return JSON.parse(text);
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new InputError(`the body is not JSON: ${reason}${positionIn(text, reason)}`, [], {
      cause,
    });
  }
}

/** Looks at brackets and quotes alone, before anything is built from them. */
function checkExtent(body: Uint8Array): void {
  if (body.length > MAX_BYTES) {
    throw new PayloadTooLargeError(
      `the JSON is larger than ${MAX_BYTES} bytes, the most that is read; send numbers in binary`,
    );
  }
  let depth = 0;
  let parts = 0;
  for (let i = 0; i < body.length; i++) {
    const byte = body[i];
    if (byte === QUOTE) {
      i = endOfText(body, i);
      parts++;
    } else if (byte === OPEN_ARRAY || byte === OPEN_OBJECT) {
      depth++;
      parts++;
    } else if (byte === CLOSE_ARRAY || byte === CLOSE_OBJECT) {
      depth--;
    }
    if (depth > MAX_DEPTH) {
      throw new InputError(`the JSON is nested deeper than ${MAX_DEPTH} at position ${i}`);
    }
    if (parts > MAX_PARTS) {
      throw new PayloadTooLargeError(
        `the JSON has more than ${MAX_PARTS} arrays, objects and texts; send numbers in binary`,
      );
    }
  }
}

const [QUOTE, BACKSLASH] = [0x22, 0x5c];
const [OPEN_ARRAY, CLOSE_ARRAY, OPEN_OBJECT, CLOSE_OBJECT] = [0x5b, 0x5d, 0x7b, 0x7d];

/** The position of the quote that ends the text that begins at `start`; the end where none does. */
function endOfText(body: Uint8Array, start: number): number {
  for (let end = body.indexOf(QUOTE, start + 1); end >= 0; end = body.indexOf(QUOTE, end + 1)) {
    let escapes = 0;
    while (body[end - 1 - escapes] === BACKSLASH) escapes++;
    if (escapes % 2 === 0) return end;
  }
  return body.length;
}

/** The position of a JSON error for the messages in which the parser gives none itself. */
function positionIn(text: string, reason: string): string {
  if (reason.startsWith('Unexpected end')) return ` at position ${text.length}`;
  // far into a text the parser quotes it from ten characters before the error on; as the quotation
  // is no JSON, its first occurrence is the error
  const quoted = /, \.{3}"(.*)"(?:\.{3})? is not valid JSON$/s.exec(reason)?.[1];
  const start = quoted === undefined ? -1 : text.indexOf(quoted);
  return start < 0 ? '' : ` (at position ${start + 10})`;
}

/**
 * Reads a value by its schema.
 * @param root where the value stands in what was sent, for the paths of what is wrong
 * @throws InputError with each thing that is wrong and its path
 */
export function parseAs<T>(schema: z.ZodType<T>, value: unknown, root: string): T {
  const result = schema.safeParse(value, { error: strangers });
  if (result.success) return result.data;
  const problems = result.error.issues.map((issue): InputProblem => {
    const path = issue.path.reduce<string>(
      (parent, key) =>
        typeof key === 'number' ? `${parent}[${key}]` : `${parent}${parent && '.'}${String(key)}`,
      root,
    );
    return { path, message: issue.message };
  });
  const text = problems.map(({ path, message }) => `${path || 'the body'}: ${message}`);
  throw new InputError(text.join('; '), problems);
}

/** Of keys that are not known: with those that are. */
function strangers(issue: z.core.$ZodRawIssue): string | undefined {
  if (issue.code !== 'unrecognized_keys' || !(issue.inst instanceof z.ZodObject)) return undefined;
  const known = Object.keys(issue.inst.shape);
  if (known.length === 0) return undefined;
  const keys = issue.keys.map((key) => JSON.stringify(key)).join(', ');
  return `Unrecognized key${issue.keys.length > 1 ? 's' : ''}: ${keys}; there is ${known.join(', ')}`;
}
