import { z } from 'zod';

/** 128 random bits: whoever was not told an id does not find it. */
export const JobId = z.string().regex(/^[0-9a-f]{32}$/);

const JobState = z.enum(['queued', 'running', 'succeeded', 'failed', 'cancelled', 'interrupted']);
export type JobState = z.infer<typeof JobState>;
export const JOB_STATES = JobState.options;

const MEDIA_TYPES = {
  json: 'application/json',
  csv: 'text/csv',
  npy: 'application/x-npy',
  png: 'image/png',
} as const;

/** A file of a result; its ending says what it is. */
export const PartName = z.string().regex(/^[a-z][a-z0-9-]{0,63}\.(json|csv|npy|png)$/);

const Part = z.strictObject({
  name: PartName,
  bytes: z.int().nonnegative(),
  sha256: z.string(),
});
export type Part = z.infer<typeof Part>;

const Count = z.int().nonnegative();

const Fields = z.strictObject({
  formatVersion: z.literal(1),
  id: JobId,
  kind: z.string(),
  model: z.strictObject({ name: z.string(), version: z.int(), digest: z.string() }),
  state: JobState,
  created: z.iso.datetime(),
  started: z.iso.datetime().nullable(),
  ended: z.iso.datetime().nullable(),
  progress: z.strictObject({ done: Count, total: Count }),
  /** Why there is no result, once there will be none. */
  reason: z.string().nullable(),
  /** Empty unless it succeeded. */
  result: z.array(Part),
});

/** A job as it is kept on disk. */
export const JobRecord = Fields.refine(
  ({ state, result }) => (state === 'succeeded') === result.length > 0,
  { path: ['result'], message: 'a job has results when it succeeded, and only then' },
);
export type JobRecord = z.infer<typeof JobRecord>;

/** A job as it is told; `secondsLeft` by how fast it went lately, null while that is not known. */
export const JobView = Fields.omit({ formatVersion: true }).extend({
  progress: Fields.shape.progress.extend({ secondsLeft: Count.nullable() }),
});
export type JobView = z.infer<typeof JobView>;

/**
 * What is told of a job whose record cannot be read, so that it is seen and can be deleted.
 * @param date when its record was last written
 */
export function damagedRecord(id: string, why: string, date: Date): JobRecord {
  const written = date.toISOString();
  return {
    formatVersion: 1,
    id,
    kind: 'unknown',
    model: { name: 'unknown', version: 0, digest: '' },
    state: 'failed',
    created: written,
    started: null,
    ended: written,
    progress: { done: 0, total: 0 },
    reason: `the record of this job on the disk is damaged: ${why}; delete the job and post it again`,
    result: [],
  };
}

/** Whether nothing will change any more. */
export function isOver({ state }: Pick<JobRecord, 'state'>): boolean {
  return state !== 'queued' && state !== 'running';
}

/** @param name as `PartName` has it */
export function mediaTypeOf(name: string): string {
  return MEDIA_TYPES[name.slice(name.lastIndexOf('.') + 1) as keyof typeof MEDIA_TYPES];
}
