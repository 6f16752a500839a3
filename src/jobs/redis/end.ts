import { z } from 'zod';
import { parseJson } from '../../formats/json.js';

/** How a job without a result ended, as the failure of its BullMQ job says it. */
export const End = z.strictObject({ state: z.enum(['failed', 'cancelled']), reason: z.string() });
export type End = z.infer<typeof End>;

/** Why a cancelled job ended. */
export const CANCEL_REASON = 'it was cancelled';

export function writeEnd(end: End): string {
  return JSON.stringify(end);
}

/** @param failure of a BullMQ job; BullMQ writes its own where a job has lost its workers */
export function readEnd(failure: string): End {
  try {
    return End.parse(parseJson(Buffer.from(failure)));
  } catch {
    const reason = failure.includes('stalled')
      ? 'the workers that ran the job were lost'
      : `the queue ended the job: ${failure}`;
    return { state: 'failed', reason };
  }
}
