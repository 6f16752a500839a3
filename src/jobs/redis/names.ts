import { PREFIX } from '../../redis/connection.js';

/** @returns the name of the queue of a kind of job */
export function queueName(kind: string): string {
  return `jobs-${kind}`;
}

/** The channel on which workers learn which job is cancelled. */
export const CANCELLED = `${PREFIX}:cancelled`;

/** The key of what a running job has so far; it expires. */
export function previewKey(id: string): string {
  return `${PREFIX}:preview:${id}`;
}
