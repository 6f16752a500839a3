import { randomBytes } from 'node:crypto';
import { z } from 'zod';

/** 128 random bits: an id cannot be guessed. */
export const JobId = z.string().regex(/^[0-9a-f]{32}$/);

const JobState = z.enum(['queued', 'running', 'succeeded', 'failed', 'cancelled', 'interrupted']);
export type JobState = z.infer<typeof JobState>;
const JOB_STATES = JobState.options;

/** Of the jobs that wait, those of the highest priority run first, then the oldest. */
export const JobPriority = z.enum(['high', 'normal', 'low']);
export type JobPriority = z.infer<typeof JobPriority>;
const DEFAULT_PRIORITY: JobPriority = 'normal';

/** @returns 0 for the jobs that run first */
export function rankPriority(priority: JobPriority): number {
  return JobPriority.options.indexOf(priority);
}

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

/** What clients learn of a job. */
const Fields = z.strictObject({
  id: JobId,
  kind: z.string(),
  /** null: the job is of data. */
  model: z
    .strictObject({ name: z.string(), version: z.int(), digest: z.string() })
    .nullable()
    .describe('null for a job that is of data'),
  data: z
    .string()
    .nullable()
    .default(null)
    .describe('the digest of the recording or of the dataset that the job is of; null for a model'),
  state: JobState,
  priority: JobPriority.default(DEFAULT_PRIORITY),
  created: z.iso.datetime(),
  started: z.iso.datetime().nullable(),
  ended: z.iso.datetime().nullable(),
  progress: z.strictObject({ done: Count, total: Count }),
  /** Why the job ended without a result; null otherwise. */
  reason: z.string().nullable(),
  /** Empty unless it succeeded. */
  result: z.array(Part),
});

/** All data that a process needs to run a job. */
const orderFields = {
  kind: Fields.shape.kind,
  model: Fields.shape.model,
  data: Fields.shape.data,
  /** As the request schema of the kind gives it, with all defaults; JSON. */
  request: z.record(z.string(), z.unknown()),
  /** The digests of the stored stimulus sets that the request names. */
  stimulusSets: z.array(z.string()),
  /** The name of the API key with which it was requested; null where there are no keys. */
  askedBy: z.string().nullable(),
};
export const JobOrder = z.strictObject(orderFields);
export type JobOrder = z.infer<typeof JobOrder>;

/** The request that made a job, for logs and traces; what a job computes does not depend on it. */
export const JobOrigin = z.strictObject({
  requestId: z.string(),
  /** As W3C Trace Context writes it; undefined where nothing is traced. */
  traceparent: z.string().optional(),
});
export type JobOrigin = z.infer<typeof JobOrigin>;

const RecordVersion1 = Fields.extend({ formatVersion: z.literal(1) });
const RecordVersion2 = Fields.extend({
  ...orderFields,
  formatVersion: z.literal(2),
  /** null: the record was written by a version of the service that did not keep it. */
  request: orderFields.request.nullable(),
  origin: JobOrigin.optional(),
});

/** A job as it is kept on disk; a record of version 1 lacks what version 2 added. */
export const JobRecord = z
  .discriminatedUnion('formatVersion', [RecordVersion1, RecordVersion2])
  .refine(({ state, result }) => (state === 'succeeded') === result.length > 0, {
    path: ['result'],
    message: 'a job has results when it succeeded, and only then',
  })
  .transform(
    (record): z.infer<typeof RecordVersion2> =>
      record.formatVersion === 2 ? record : { ...record, formatVersion: 2, ...UNKNOWN_ORDER },
  );
export type JobRecord = z.infer<typeof JobRecord>;

const UNKNOWN_ORDER = { request: null, stimulusSets: [], askedBy: null };

/**
 * Reads the order of a job from its record.
 * @returns undefined for a record without one
 */
export function readOrder(record: JobRecord): JobOrder | undefined {
  const { kind, model, data, request, stimulusSets, askedBy } = record;
  return request === null ? undefined : { kind, model, data, request, stimulusSets, askedBy };
}

/** A job as clients see it; `secondsLeft` follows from its latest speed, null while that is not known. */
export const JobView = Fields.extend({
  progress: Fields.shape.progress.extend({ secondsLeft: Count.nullable() }),
});
export type JobView = z.infer<typeof JobView>;

/**
 * The record of a job that was accepted just now.
 * @param created as `Date.toISOString` gives it
 */
export function newRecord(
  order: JobOrder,
  created: string,
  priority: JobPriority = DEFAULT_PRIORITY,
  origin?: JobOrigin,
): JobRecord {
  return {
    formatVersion: 2,
    id: randomBytes(16).toString('hex'),
    ...order,
    state: 'queued',
    priority,
    created,
    started: null,
    ended: null,
    progress: { done: 0, total: 0 },
    reason: null,
    result: [],
    ...(origin && { origin }),
  };
}

/**
 * A record in place of one that cannot be read, so that the job is listed and can be deleted.
 * @param date when its record was last written
 */
export function damagedRecord(id: string, why: string, date: Date): JobRecord {
  const written = date.toISOString();
  return {
    formatVersion: 2,
    id,
    kind: 'unknown',
    model: null,
    data: null,
    ...UNKNOWN_ORDER,
    state: 'failed',
    priority: DEFAULT_PRIORITY,
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

/** How many jobs are in each state. */
export function countStates(jobs: Iterable<Pick<JobRecord, 'state'>>): Record<JobState, number> {
  const counts = Object.fromEntries(JOB_STATES.map((state) => [state, 0]));
  for (const { state } of jobs) counts[state]!++;
  return counts as Record<JobState, number>;
}

/** @param name as `PartName` has it */
export function findMediaType(name: string): string {
  return MEDIA_TYPES[name.slice(name.lastIndexOf('.') + 1) as keyof typeof MEDIA_TYPES];
}
