import type { Answered } from '../service/service.js';
import { usePage } from '../state/context.js';
import { type Fetched, useFetched } from '../state/fetched.js';
import { type FollowedJob, type PreviewReader, useJob } from '../state/job.js';

/** A job that is of data, and its report once it has one. */
export interface FollowedDataJob<Previews, Report> {
  readonly followed: FollowedJob<Previews>;
  readonly report: Fetched<Answered<Report>>;
}

/**
 * Follows a job that is of data, and reads its report.
 * @param id '' for none
 */
export function useDataJob<Preview, Previews, Report>(
  id: string,
  reader: PreviewReader<Preview, Previews>,
): FollowedDataJob<Previews, Report> {
  const { service } = usePage();
  const followed = useJob(id, reader);
  const succeeded = followed.job?.state === 'succeeded';
  const report = useFetched(succeeded ? id : null, (signal) => {
    const route = service.client.v1.jobs[':id'].result;
    const query = { part: 'report.json' };
    const pending = route.$get({ param: { id }, query }, { init: { signal } });
    return service.json(pending) as Promise<Answered<Report>>;
  });
  // Until the next render the report is still that of the job before.
  return { followed, report: succeeded ? report : { ...report, value: undefined } };
}
