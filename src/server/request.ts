import type { z } from 'zod';
import { DeadlineError, InputError, type InputProblem } from '../errors.js';
import { explain } from '../formats/explain.js';
import { type AppContext, isOverTcp } from './context.js';
import { realNumber } from './numbers.js';
import { Problem, unreadable } from './problem.js';

/**
 * Reads the query string; every parameter at most once, and no others than the schema's.
 * @throws Problem 400 naming the parameter
 */
export function readQuery<Schema extends z.ZodObject>(
  c: AppContext,
  schema: Schema,
): z.infer<Schema> {
  const values: Record<string, string> = {};
  for (const [name, given] of Object.entries(c.req.queries())) {
    if (given.length > 1) {
      throw badQuery(c, [{ path: name, message: 'is given more than once' }]);
    }
    values[name] = given[0]!;
  }
  const parsed = schema.safeParse(values, { error: (issue) => explain(issue) });
  if (parsed.success) return parsed.data;
  throw badQuery(c, problemsIn(parsed.error, Object.keys(schema.shape)));
}

/** As the header `X-Deadline-Ms` has it. */
export const Milliseconds = realNumber('must be a number of milliseconds');

/**
 * The client's patience as a time on the clock by which `arrived` was taken.
 * @throws Problem 400 when `X-Deadline-Ms` is not a number of milliseconds
 */
export function readDeadline(c: AppContext): number | undefined {
  const header = c.req.header('X-Deadline-Ms');
  if (header === undefined) return undefined;
  const patience = Milliseconds.safeParse(header);
  if (!patience.success) {
    throw new Problem(400, `X-Deadline-Ms must be a number of milliseconds, such as 250`);
  }
  return c.get('request').arrived + patience.data;
}

/**
 * Rejects a request whose answer would be late.
 * @param deadline as `readDeadline` gave it
 * @throws DeadlineError
 */
export function rejectIfLate(deadline: number | undefined, clock: () => number): void {
  if (deadline === undefined || clock() < deadline) return;
  throw new DeadlineError('the deadline passed before the responses were there');
}

function badQuery(c: AppContext, problems: readonly InputProblem[]): Problem {
  const first = problems[0]!;
  const where = isOverTcp(c) ? 'the first message: parameter' : 'query parameter';
  return unreadable(new InputError(`${where} '${first.path}' ${first.message}`, problems));
}

/** @param known the accepted keys, which the message lists where another one is sent */
function problemsIn(error: z.ZodError, known: readonly string[]): InputProblem[] {
  return error.issues.flatMap((issue) => {
    if (issue.code === 'unrecognized_keys') {
      const hint = known.length > 0 ? `; expected one of ${known.join(', ')}` : '';
      return issue.keys.map((key) => ({
        path: [...issue.path, key].join('.'),
        message: `is not known${hint}`,
      }));
    }
    return [{ path: issue.path.join('.') || 'body', message: issue.message }];
  });
}
