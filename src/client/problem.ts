import type { z } from 'zod';
import type { ProblemAnswer } from '../server/openapi/problems.js';

type ProblemBody = Partial<z.infer<typeof ProblemAnswer>>;

/** An error answer of the service; the message is its `detail`, which says what is wrong and what to do. */
export class Problem extends Error {
  /** The HTTP status; 0 without an answer. */
  readonly status: number;
  /** What is wrong where in the request. */
  readonly errors: readonly { readonly path: string; readonly message: string }[];
  /** The name of the request in the log of the service, where it answered. */
  readonly requestId: string | undefined;

  constructor(
    status: number,
    detail: string,
    { errors = [], requestId }: Pick<ProblemBody, 'errors' | 'requestId'> = {},
  ) {
    super(detail);
    this.name = 'Problem';
    this.status = status;
    this.errors = errors;
    this.requestId = requestId;
  }
}

export function unreachable(): Problem {
  return new Problem(0, 'The service does not answer. Check that it is running, then try again.');
}

export async function readProblem(response: Response): Promise<Problem> {
  const body = (await response.json().catch(() => ({}))) as ProblemBody;
  const detail = body.detail ?? `the service answered ${response.status}`;
  return new Problem(response.status, detail, body);
}

/** @throws Problem where the service rejects the request, or does not answer */
export async function accepted<A extends { readonly ok: boolean }>(
  pending: Promise<A>,
): Promise<A> {
  const answer = await pending;
  if (!answer.ok) throw await readProblem(answer as unknown as Response);
  return answer;
}
