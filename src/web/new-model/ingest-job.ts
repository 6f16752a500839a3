import type { IngestReport } from '../../datasets/ingest-request.js';
import { usePage } from '../state/context.js';
import type { PreviewReader } from '../state/job.js';
import { type FollowedDataJob, useDataJob } from './data-job-state.js';

/** What an ingest job does, such as `reads the images`. */
const STEP: PreviewReader<{ readonly step: string }, string> = {
  none: '',
  add: (_, { step }) => step,
};

/** A job that makes a dataset, with what it does now. */
export type FollowedIngest = FollowedDataJob<string, IngestReport>;

/** Follows the ingest job in the address. */
export function useIngestJob(): FollowedIngest {
  const { address } = usePage();
  return useDataJob(address.get('ingest'), STEP);
}
