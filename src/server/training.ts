import { DATA_JOBS, isDataJob } from '../datasets/data-jobs.js';
import { DataDigest, type StoredRecording } from '../datasets/recording.js';
import { JobsFullError } from '../errors.js';
import { isOver, type JobPriority } from '../jobs/record.js';
import type { AskedModel, FoundVersion } from '../models/find-version.js';
import type { ModelVersion } from '../models/model-source.js';
import type { DataRoom } from '../storage/data-room.js';
import type { Datasets, StoredDataset } from '../storage/datasets.js';
import type { Recordings } from '../storage/recordings.js';
import type { AppContext } from './context.js';
import { answerJob, requireJobs } from './jobs.js';
import { requireService, withoutPaths } from './models.js';
import { Problem } from './problem.js';
import type { AppDependencies } from './service.js';

/** What clients may train with. */
export interface Training {
  readonly recordings: Recordings;
  readonly datasets: Datasets;
  readonly room: DataRoom;
  /** The machine that trains; undefined where workers on others do. */
  readonly machine: string | undefined;
  /** The most jobs of data that wait or run. */
  readonly maxJobs: number;
  /** @throws InputError where there is none, or it cannot be used; DiskError or StorageError */
  readonly findModel: (model: AskedModel) => Promise<FoundVersion>;
  /** @returns whether it was there. @throws DiskError or StorageError */
  readonly removeModel: (version: ModelVersion) => Promise<boolean>;
}

/** @throws Problem 403 where the service does not train, 503 where nothing can be kept on disk */
export function requireTraining(deps: AppDependencies): Training {
  const { training } = requireService(deps);
  if (training === 'off') {
    throw new Problem(
      403,
      'this service does not train: ALLOW_TRAINING=0; expected 1, as in ALLOW_TRAINING=1 npm start',
    );
  }
  if ('unusable' in training) {
    throw new Problem(503, `nothing can be trained: ${withoutPaths(training.unusable)}`);
  }
  return training;
}

/** @throws Problem 404 when there is none */
export async function findRecording(
  c: AppContext,
  deps: AppDependencies,
): Promise<StoredRecording> {
  const found = await requireTraining(deps).recordings.find(digestOf(c));
  if (found) return found;
  throw unknownRecording(c);
}

export function unknownRecording(c: AppContext): Problem {
  const digest = c.req.param('digest') ?? '';
  return new Problem(
    404,
    `unknown recording: '${digest}'; expected one that GET /v1/recordings lists`,
  );
}

/** @throws Problem 404 when there is none */
export async function findDataset(c: AppContext, deps: AppDependencies): Promise<StoredDataset> {
  const found = await requireTraining(deps).datasets.find(digestOf(c));
  if (found) return found;
  throw unknownDataset(c);
}

export function unknownDataset(c: AppContext): Problem {
  const digest = c.req.param('digest') ?? '';
  return new Problem(404, `unknown dataset: '${digest}'; expected one that GET /v1/datasets lists`);
}

/** The digest in the path, which is of nothing where it is no digest. */
export function digestOf(c: AppContext): string {
  const { data = NO_DIGEST } = DataDigest.safeParse(c.req.param('digest'));
  return data;
}

/** No bytes have it. */
const NO_DIGEST = '0'.repeat(64);

/** A job of data, as a client asks for it. */
export interface DataJobRequest {
  readonly kind: (typeof DATA_JOBS)[number]['kind'];
  /** The digest of a recording or of a dataset. */
  readonly data: string;
  readonly request: Record<string, unknown>;
  readonly priority: JobPriority;
}

/**
 * Answers a request with a job of data.
 * @throws JobsFullError where too many of them wait or run; as `answerJob`
 */
export async function answerDataJob(
  c: AppContext,
  deps: AppDependencies,
  { kind, data, request, priority }: DataJobRequest,
): Promise<Response> {
  const { maxJobs } = requireTraining(deps);
  const jobs = await requireJobs(deps).list();
  const open = jobs.filter((job) => isDataJob(job.kind) && !isOver(job)).length;
  if (open >= maxJobs) {
    throw new JobsFullError(
      `too many jobs of ${DATA_JOBS.map((each) => each.kind).join(' and ')} that wait or run: ${open + 1}; ` +
        `expected at most ${maxJobs}; wait until one is over, which GET /v1/jobs shows`,
      'waiting',
    );
  }
  const askedBy = c.get('request').keyName ?? null;
  return answerJob(
    c,
    deps,
    { kind, model: null, data, request, stimulusSets: [], askedBy },
    priority,
  );
}

/** @throws Problem 409 while a job uses the recording or the dataset */
export async function rejectInUse(deps: AppDependencies, digest: string): Promise<void> {
  const user = (await requireJobs(deps).list()).find((job) => job.data === digest && !isOver(job));
  if (user === undefined) return;
  throw new Problem(409, `the job ${user.id} uses it; DELETE /v1/jobs/${user.id} cancels that job`);
}
