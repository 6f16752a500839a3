import { INGEST_JOB, TRAIN_JOB } from '../../src/datasets/data-jobs.js';
import { InputError } from '../../src/errors.js';
import { parseAs } from '../../src/formats/json.js';
import type { DataJobContext, JobFile } from './context.js';
import { runIngestJob } from './ingest-job.js';
import { runTrainJob } from './train-job.js';

/** An order of a job that is of data. */
export interface DataOrder {
  readonly kind: string;
  /** The digest of a recording or of a dataset. */
  readonly data: string;
  readonly request: Record<string, unknown>;
}

/**
 * Runs a job that makes a dataset of a recording, or a model of a dataset.
 * @returns the files of its result, `report.json` first
 * @throws InputError for a kind, a request or data that cannot be used
 */
export async function runDataJob(
  { kind, data, request }: DataOrder,
  context: DataJobContext,
): Promise<JobFile[]> {
  switch (kind) {
    case INGEST_JOB.kind:
      return await runIngestJob(data, parseAs(INGEST_JOB.request, request, 'request'), context);
    case TRAIN_JOB.kind:
      return await runTrainJob(data, parseAs(TRAIN_JOB.request, request, 'request'), context);
    default:
      throw new InputError(`unknown kind of job: '${kind}'; expected ingest or train`);
  }
}
