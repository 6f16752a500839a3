import { problemOf } from '../service/problem.js';
import type { Service } from '../service/service.js';

/** Cancels a job that is not over, deletes one that is. @throws Problem */
export async function endJob({ origin, send }: Service, id: string): Promise<void> {
  const answer = await send(`${origin}/v1/jobs/${encodeURIComponent(id)}`, { method: 'DELETE' });
  if (!answer.ok) throw await problemOf(answer);
}
