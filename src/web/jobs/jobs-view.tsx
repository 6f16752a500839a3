import { useEffect, useState } from 'preact/hooks';
import { isOver, type Job } from '../../client/job-events.js';
import { Failed, FetchedView } from '../parts/notices.js';
import { usePage } from '../state/context.js';
import { useFetched } from '../state/fetched.js';
import { JobRow, type JobRowProps } from './job-row.js';
import './jobs.css';

const POLL_MS = 1000;

/** Lists the stored jobs of every kind and every model, the newest first. */
export function JobsView() {
  const { service } = usePage();
  const [error, setError] = useState<Error>();
  const list = useFetched('jobs', async (signal) => {
    const { value } = await service.json(service.client.v1.jobs.$get({}, { init: { signal } }));
    return value.jobs;
  });
  const { value, waiting, reload } = list;
  const changes = value?.some((job) => !isOver(job)) ?? false;
  useEffect(() => {
    if (!changes || waiting) return;
    const timer = setTimeout(reload, POLL_MS);
    return () => clearTimeout(timer);
  }, [changes, waiting, reload]);
  const act = async (task: () => Promise<unknown>) => {
    setError(undefined);
    await task().catch(setError);
    reload();
  };
  return (
    <section class="panel jobs-view" aria-labelledby="jobs-title">
      <h2 id="jobs-title">Jobs</h2>
      {error && <Failed error={error} />}
      <FetchedView fetched={{ ...list, waiting: false }} waiting="Loading the jobs…">
        {(jobs) => (jobs.length === 0 ? <NoJobs /> : <JobTable jobs={jobs} act={act} />)}
      </FetchedView>
    </section>
  );
}

function NoJobs() {
  return (
    <p class="quiet">
      No jobs yet. The views Neurons, Interpretation and New model start jobs, and so do requests
      over HTTP.
    </p>
  );
}

interface JobTableProps extends Pick<JobRowProps, 'act'> {
  readonly jobs: readonly Job[];
}

function JobTable({ jobs, act }: JobTableProps) {
  return (
    <section class="scrolls" aria-label="All jobs">
      <table>
        <thead>
          <tr>
            {['kind', 'model or data', 'created', 'state', 'result', ''].map((name) => (
              <th key={name} scope="col">
                {name || <span class="hidden">Cancel or delete</span>}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {jobs.map((job) => (
            <JobRow key={job.id} job={job} act={act} />
          ))}
        </tbody>
      </table>
    </section>
  );
}
