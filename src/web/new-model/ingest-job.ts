import type { IngestReport } from '../../datasets/ingest-request.js';
import type { Answered } from '../service/service.js';
import { usePage } from '../state/context.js';
import { type Fetched, useFetched } from '../state/fetched.js';
import { type FollowedJob, type PreviewReader, useJob } from '../state/job.js';

/** What an ingest job does, such as `reads the images`. */
const STEP: PreviewReader<{ readonly step: string }, string> = {
  none: '',
  add: (_, { step }) => step,
};

/** A job that makes a dataset, and its report once it has one. */
export interface FollowedIngest {
  readonly followed: FollowedJob<string>;
  readonly report: Fetched<Answered<IngestReport>>;
}

/** Follows the ingest job in the address. */
export function useIngestJob(): FollowedIngest {
  const { service, address } = usePage();
  const id = address.get('ingest');
  const followed = useJob(id, STEP);
  const succeeded = followed.job?.state === 'succeeded';
  const report = useFetched(succeeded ? id : null, (signal) => {
    const route = service.client.v1.jobs[':id'].result;
    const query = { part: 'report.json' };
    const pending = route.$get({ param: { id }, query }, { init: { signal } });
    return service.json(pending) as Promise<Answered<IngestReport>>;
  });
  // Until the next render the report is still that of the job before.
  return { followed, report: succeeded ? report : { ...report, value: undefined } };
}
