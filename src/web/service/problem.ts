import type { z } from 'zod';
import type { ProblemAnswer } from '../../server/openapi/problems.js';

/** Why the service did not answer; `detail` is for the person who looks. */
export class Problem extends Error {
  /** 0 where there was no answer at all. */
  readonly status: number;

  constructor(status: number, detail: string) {
    super(detail);
    this.name = 'Problem';
    this.status = status;
  }
}

export function unreachable(): Problem {
  return new Problem(
    0,
    'The service does not answer. Is it running? The page asks again when it is back.',
  );
}

export async function problemOf(response: Response): Promise<Problem> {
  const told = (await response.json().catch(() => ({}))) as Partial<z.infer<typeof ProblemAnswer>>;
  const detail = told.detail ?? `the service answered ${response.status}`;
  return new Problem(response.status, detail);
}
