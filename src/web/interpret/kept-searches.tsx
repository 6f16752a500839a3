import { useState } from 'preact/hooks';
import { isOver, type Job } from '../../client/job-events.js';
import { Failed, FetchedView } from '../parts/notices.js';
import { seconds } from '../parts/numbers.js';
import { endJob } from '../service/end-job.js';
import { useModel, usePage } from '../state/context.js';
import { useFetched } from '../state/fetched.js';
import { KIND } from './job-panel.js';

/** Lists the stored searches of the model, to open or delete. */
export function KeptSearches({
  current,
  state,
  open,
}: {
  /** Id of the open job. */
  readonly current: string;
  readonly state: string;
  readonly open: (job: string) => void;
}) {
  const { service } = usePage();
  const { card } = useModel();
  const [error, setError] = useState<Error | null>(null);
  const list = useFetched(`jobs ${current} ${state}`, async (signal) => {
    const { value } = await service.json(service.client.v1.jobs.$get({}, { init: { signal } }));
    return value.jobs.filter(({ kind, model }) => kind === KIND && model?.digest === card.digest);
  });
  const remove = async (id: string) => {
    try {
      await endJob(service, id);
      setError(null);
      if (id === current) open('');
      else list.reload();
    } catch (reason) {
      setError(reason as Error);
    }
  };
  return (
    <section class="kept-searches" aria-label="Stored searches">
      <h3>Stored searches</h3>
      {error && <Failed error={error} />}
      <FetchedView fetched={list} waiting="Loading the stored searches…">
        {(jobs) =>
          jobs.length === 0 ? (
            <p class="quiet">No searches yet for this model.</p>
          ) : (
            <ul>
              {jobs.map((job) => (
                <li key={job.id}>
                  <Entry
                    job={job}
                    isOpen={job.id === current}
                    open={() => open(job.id)}
                    remove={() => void remove(job.id)}
                  />
                </li>
              ))}
            </ul>
          )
        }
      </FetchedView>
    </section>
  );
}

/** Labels of the job states. */
export const STATES: Readonly<Record<Job['state'], string>> = {
  queued: 'queued',
  running: 'searching',
  succeeded: 'found',
  failed: 'failed',
  cancelled: 'cancelled',
  interrupted: 'interrupted',
};

function Entry({
  job,
  isOpen,
  open,
  remove,
}: {
  readonly job: Job;
  readonly isOpen: boolean;
  readonly open: () => void;
  readonly remove: () => void;
}) {
  const { created, started, ended, state, progress } = job;
  const when = new Date(created).toLocaleString();
  const took =
    state === 'succeeded' && started !== null && ended !== null
      ? ` in ${seconds((Date.parse(ended) - Date.parse(started)) / 1000)}`
      : '';
  return (
    <div class="row spread">
      <button
        type="button"
        class="plain entry"
        aria-current={isOpen ? 'true' : undefined}
        onClick={open}
      >
        {when}
        <span class="quiet">
          {STATES[state]}
          {took}
          {progress.total > 0 && `, ${progress.total} steps`}
        </span>
      </button>
      {isOver(job) && (
        <button
          type="button"
          class="plain"
          aria-label={`Delete the search of ${when}`}
          onClick={remove}
        >
          ×
        </button>
      )}
    </div>
  );
}
