import { readProblem } from './problem.js';
import type { Service } from './service.js';

/** Cancels an unfinished job, or deletes a finished one. @throws Problem */
export async function endJob({ origin, send }: Service, id: string): Promise<void> {
  const answer = await send(`${origin}/v1/jobs/${encodeURIComponent(id)}`, { method: 'DELETE' });
  if (!answer.ok) throw await readProblem(answer);
}
