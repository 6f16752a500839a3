import type { z } from 'zod';
import { InputError, type InputProblem } from '../input-error.js';

/** @throws InputError when the bytes are not JSON in UTF-8, with the position of the error */
export function parseJson(body: Uint8Array): unknown {
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
  const result = schema.safeParse(value);
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
