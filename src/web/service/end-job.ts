import { readProblem } from '../../client/problem.js';
import type { Service } from './service.js';

/** Cancels an unfinished job, or deletes a finished one. @throws Problem */
export function endJob(service: Service, id: string): Promise<void> {
  return remove(service, `jobs/${encodeURIComponent(id)}`);
}

/**
 * Deletes what the service has at a place.
 * @param place after `/v1/`, such as `datasets/e5c3…`
 * @throws Problem
 */
export async function remove({ origin, send }: Service, place: string): Promise<void> {
  const answer = await send(`${origin}/v1/${place}`, { method: 'DELETE' });
  if (!answer.ok) throw await readProblem(answer);
}
