import type { z } from 'zod';
import { IngestReport, IngestRequest } from './ingest-request.js';
import { TrainReport, TrainRequest } from './train-request.js';

/** A kind of job that is of a recording or of a dataset. */
interface DataJob {
  /** In records and in paths. */
  readonly kind: string;
  readonly request: z.ZodType<Record<string, unknown>>;
  /** The schema of `report.json`, the first file of its result. */
  readonly result: z.ZodType;
}

/** Makes a dataset of a recording. */
export const INGEST_JOB = {
  kind: 'ingest',
  request: IngestRequest,
  result: IngestReport,
} as const satisfies DataJob;

/** Makes a model of a dataset. */
export const TRAIN_JOB = {
  kind: 'train',
  request: TrainRequest,
  result: TrainReport,
} as const satisfies DataJob;

export const DATA_JOBS = [INGEST_JOB, TRAIN_JOB] as const;

/** Whether a kind of job is of data, and not of a model. */
export function isDataJob(kind: string): boolean {
  return DATA_JOBS.some((each) => each.kind === kind);
}
