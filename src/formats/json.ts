import { z } from 'zod';
import { InputError, type InputProblem, messageOf, PayloadTooLargeError } from '../errors.js';
import { explain } from './explain.js';

/**
 * The most that is read: a longer text keeps everybody else waiting while it is read, and the same
 * numbers in binary are read a hundred times as fast.
 */
const MAX_BYTES = 16 * 2 ** 20;
/** How deep arrays and objects may be nested. */
const MAX_DEPTH = 64;
/** Arrays, objects and texts: each takes far more memory than the two bytes it is written in. */
const MAX_PARTS = 250_000;
/** Numbers and other elements, as many as the pixels of a thousand images of 50x50. */
const MAX_ELEMENTS = 2_500_000;
/** Keys of one object: what has more is no request, and looking each up takes long. */
const MAX_KEYS = 1000;

/**
 * @param name what is parsed, for messages
 * @throws InputError when the bytes are not JSON in UTF-8, with the position of the error, or are
 *   nested too deep; PayloadTooLargeError when they are larger, or have more parts, than is read here
 */
export function parseJson(body: Uint8Array, name = 'the body'): unknown {
  checkExtent(body);
  let text: string;
  try {
    text = new TextDecoder('utf-8', { fatal: true }).decode(body);
  } catch (cause) {
    throw new InputError(`${name} is not text in UTF-8`, [], { cause });
  }
  try {
    return JSON.parse(text);
  } catch (cause) {
    const reason = messageOf(cause);
    throw new InputError(`${name} is not JSON: ${reason}${positionIn(text, reason)}`, [], {
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
  let commas = 0;
  /** Of the object at each depth. */
  const keys = new Uint32Array(MAX_DEPTH + 1);
  for (let i = 0; i < body.length; i++) {
    const byte = body[i];
    if (byte === QUOTE) {
      i = endOfText(body, i);
      parts++;
    } else if (byte === OPEN_ARRAY || byte === OPEN_OBJECT) {
      depth++;
      parts++;
      keys[depth] = 0;
    } else if (byte === COLON && ++keys[depth]! > MAX_KEYS) {
      throw new PayloadTooLargeError(
        `an object in the JSON has more than ${MAX_KEYS} keys at position ${i}`,
      );
    } else if (byte === CLOSE_ARRAY || byte === CLOSE_OBJECT) {
      depth--;
    } else if (byte === COMMA && ++commas > MAX_ELEMENTS) {
      throw new PayloadTooLargeError(
        `the JSON has more than ${MAX_ELEMENTS} numbers; send them in binary, as .npy`,
      );
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

const [QUOTE, BACKSLASH, COLON, COMMA] = [0x22, 0x5c, 0x3a, 0x2c];
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

/** Of the things that are wrong, how many are listed. */
const MAX_PROBLEMS = 10;
/** Entries of a list whose entries a schema describes: each that is wrong takes memory. */
const MAX_ENTRIES = 20_000;
/** The same of a list of objects. */
const MAX_OBJECTS = 1000;

/**
 * Reads a value by its schema.
 * @param root the path of the value in what was sent, for the paths of what is wrong
 * @param options `isSecret`: messages quote no value; `name`: what a value without a path is, for messages
 * @throws InputError with what is wrong and its path, the first of many; PayloadTooLargeError when a
 *   list is too long to be read
 */
export function parseAs<T>(
  schema: z.ZodType<T>,
  value: unknown,
  root: string,
  { isSecret = false, name = 'the body' } = {},
): T {
  checkLists(schema, value, root);
  const result = schema.safeParse(value, { error: (issue) => explain(issue, isSecret) });
  if (result.success) return result.data;
  const issues = withoutLengths(result.error.issues.flatMap((issue) => innermost(issue)));
  const problems = issues.slice(0, MAX_PROBLEMS).map((issue): InputProblem => {
    return { path: entryPath(issue.path, root), message: issue.message };
  });
  const text = problems.map(({ path, message }) => `${path || name}: ${message}`);
  if (issues.length > MAX_PROBLEMS) text.push(`and ${issues.length - MAX_PROBLEMS} more`);
  throw new InputError(text.join('; '), problems);
}

function entryPath(keys: readonly PropertyKey[], root: string): string {
  return keys.reduce<string>(
    (parent, key) =>
      typeof key === 'number' ? `${parent}[${key}]` : `${parent}${parent && '.'}${String(key)}`,
    root,
  );
}

/** Of a union whose options differ in type: what is wrong for the option that has the value's type. */
function innermost(issue: z.core.$ZodIssue): z.core.$ZodIssue[] {
  if (issue.code !== 'invalid_union') return [issue];
  const inside = issue.errors.find((issues) => issues.every(({ path }) => path.length > 0));
  if (inside === undefined || inside.length === 0) return [issue];
  return inside.map((each) => ({ ...each, path: [...issue.path, ...each.path] }));
}

/** Without what zod says of the length of a value of the wrong type, such as of a text in the place of a list. */
function withoutLengths(issues: readonly z.core.$ZodIssue[]): z.core.$ZodIssue[] {
  const ofWrongType = issues.filter(({ code }) => code === 'invalid_type');
  const places = new Set(ofWrongType.map(({ path }) => entryPath(path, '')));
  return issues.filter(
    ({ code, path }) =>
      (code !== 'too_small' && code !== 'too_big') || !places.has(entryPath(path, '')),
  );
}

/** Checks the lengths of lists before a schema reads their entries, except of lists of unknown values. */
function checkLists(schema: z.core.$ZodType, value: unknown, path: string): void {
  if (schema instanceof z.ZodArray) {
    if (!Array.isArray(value) || schema.element instanceof z.ZodUnknown) return;
    const max = schema.element instanceof z.ZodObject ? MAX_OBJECTS : MAX_ENTRIES;
    if (value.length > max) {
      throw new PayloadTooLargeError(
        `${path || 'the body'}: is a list of ${value.length}; expected at most ${max} entries`,
      );
    }
    for (const [i, entry] of value.entries()) checkLists(schema.element, entry, `${path}[${i}]`);
  } else if (schema instanceof z.ZodObject) {
    if (typeof value !== 'object' || value === null) return;
    for (const [key, entry] of Object.entries(value)) {
      const field = Object.hasOwn(schema.shape, key) ? schema.shape[key] : undefined;
      if (field) checkLists(field, entry, entryPath([key], path));
    }
  } else if (schema instanceof z.ZodUnion) {
    for (const option of schema.options) checkLists(option, value, path);
  } else if (isWrapper(schema)) {
    checkLists(schema.unwrap(), value, path);
  }
}

function isWrapper(schema: z.core.$ZodType) {
  return (
    schema instanceof z.ZodOptional ||
    schema instanceof z.ZodNullable ||
    schema instanceof z.ZodDefault
  );
}
