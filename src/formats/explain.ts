import { z } from 'zod';
import { nearestName } from './nearest-name.js';

type Issue = z.core.$ZodRawIssue;

/** Keys that are not known, and characters of a text, that a message quotes. */
const [MAX_KEYS, MAX_TEXT] = [5, 40];

/** Plain names for what zod names. */
const TYPES: Readonly<Record<string, string>> = {
  array: 'a list',
  boolean: 'true or false',
  int: 'a whole number',
  null: 'null',
  number: 'a number',
  object: 'an object',
  record: 'an object',
  string: 'a text',
  undefined: 'nothing',
};

/**
 * Describes what is wrong with a value: `is 2; expected at most 1`. To be given to zod as `error`,
 * which leaves the messages that a schema has of its own.
 * @param isSecret whether the message must not quote the value
 * @returns undefined where zod's own message is all there is
 */
export function explain(issue: Issue, isSecret = false): string | undefined {
  if (issue.code === 'unrecognized_keys') return strangers(issue);
  const expected = issue.code === 'invalid_union' ? listOptions(issue) : describeExpected(issue);
  return expected && `${isSecret ? 'is wrong' : found(issue)}; expected ${expected}`;
}

function describeExpected(issue: Issue): string | undefined {
  switch (issue.code) {
    case 'invalid_type':
      return TYPES[issue.expected] ?? issue.expected;
    case 'too_small':
      return limit(issue.origin, issue.inclusive ? 'at least' : 'more than', issue.minimum);
    case 'too_big':
      return limit(issue.origin, issue.inclusive ? 'at most' : 'less than', issue.maximum);
    case 'invalid_value': {
      const values = issue.values.map((value) => JSON.stringify(value));
      const near =
        typeof issue.input === 'string' && nearestName(issue.input, issue.values.map(String));
      const hint = near ? `; did you mean ${JSON.stringify(near)}?` : '';
      return (values.length === 1 ? `${values[0]}` : `one of ${values.join(', ')}`) + hint;
    }
    default:
      return undefined;
  }
}

function limit(origin: string, comparison: string, bound: number | bigint): string {
  if (origin === 'array') return `${comparison} ${bound} ${bound === 1 ? 'entry' : 'entries'}`;
  if (origin === 'string') return `${comparison} ${bound} characters`;
  return `${comparison} ${bound}`;
}

/** What the options of a union expect, where the value is none of their types. */
function listOptions(issue: Issue & { code: 'invalid_union' }): string | undefined {
  const expected = issue.errors.flatMap(([first]) => {
    const [, expectation] = /; expected (.*)$/s.exec(first?.message ?? '') ?? [];
    return first?.path.length === 0 && expectation !== undefined ? [expectation] : [];
  });
  return [...new Set(expected)].join(' or ') || undefined;
}

function strangers(issue: Issue & { code: 'unrecognized_keys' }): string {
  const known = issue.inst instanceof z.ZodObject ? Object.keys(issue.inst.shape) : [];
  return unknownKeys(issue.keys, known);
}

/** That keys are not known, with those that were probably meant and those that there are. */
export function unknownKeys(keys: readonly string[], known: readonly string[]): string {
  const quoted = keys.slice(0, MAX_KEYS).map(quote);
  if (keys.length > MAX_KEYS) quoted.push(`${keys.length - MAX_KEYS} more`);
  const problem = `unknown ${keys.length > 1 ? 'keys' : 'key'}: ${quoted.join(', ')}`;
  if (known.length === 0) return `${problem}; expected no keys`;
  const near = keys.slice(0, MAX_KEYS).map((key) => nearestName(key, known));
  const meant = [...new Set(near)].filter((name) => name !== undefined).map(quote);
  const names = known.join(', ');
  if (meant.length === 0)
    return `${problem}; expected ${known.length > 1 ? 'one of ' : ''}${names}`;
  return `${problem}; did you mean ${meant.join(', ')}? There are ${names}`;
}

function found({ input }: Issue): string {
  if (input === undefined) return 'is missing';
  if (Array.isArray(input))
    return input.length === 0 ? 'is an empty list' : `is a list of ${input.length}`;
  if (typeof input === 'object' && input !== null) return 'is an object';
  return `is ${typeof input === 'string' ? quote(input) : String(input)}`;
}

/** A text in a message, at most so long that the message stays readable. */
export function quote(text: string): string {
  return JSON.stringify(text.length > MAX_TEXT ? `${text.slice(0, MAX_TEXT)}...` : text);
}
