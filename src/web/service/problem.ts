import type { z } from 'zod';
import type { ProblemAnswer } from '../../server/openapi/problems.js';

/** An error answer of the service; the message is its `detail`, written for the user. */
export class Problem extends Error {
  /** The HTTP status; 0 without an answer. */
  readonly status: number;

  constructor(status: number, detail: string) {
    super(detail);
    this.name = 'Problem';
    this.status = status;
  }
}

export function unreachable(): Problem {
  return new Problem(0, 'The service does not answer. Check that it is running, then try again.');
}

export async function readProblem(response: Response): Promise<Problem> {
  const body = (await response.json().catch(() => ({}))) as Partial<z.infer<typeof ProblemAnswer>>;
  const detail = body.detail ?? `the service answered ${response.status}`;
  return new Problem(response.status, detail);
}
