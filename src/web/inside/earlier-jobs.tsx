import { useState } from 'preact/hooks';
import { AskedView, Failed } from '../parts/notices.js';
import { seconds } from '../parts/numbers.js';
import { isOver, type Job } from '../service/job-events.js';
import { useAsked } from '../state/asked.js';
import { useModel, usePage } from '../state/context.js';
import { endJob } from './end-job.js';
import { KIND } from './job-panel.js';

/** The searches of this model that the service keeps, to open or delete. */
export function EarlierJobs({
  current,
  state,
  open,
}: {
  /** The job that is shown, and how it stands. */
  readonly current: string;
  readonly state: string;
  readonly open: (job: string) => void;
}) {
  const { service } = usePage();
  const { card } = useModel();
  const [error, setError] = useState<Error | null>(null);
  const list = useAsked(`jobs ${current} ${state}`, async (signal) => {
    const { value } = await service.json(service.client.v1.jobs.$get({}, { init: { signal } }));
    return value.jobs.filter(({ kind, model }) => kind === KIND && model.digest === card.digest);
  });
  const remove = async (id: string) => {
    try {
      await endJob(service, id);
      setError(null);
      if (id === current) open('');
      else list.again();
    } catch (reason) {
      setError(reason as Error);
    }
  };
  return (
    <section class="earlier" aria-label="Kept searches">
      <h3>Kept searches</h3>
      {error && <Failed error={error} />}
      <AskedView asked={list} waiting="Loading the kept searches…">
        {(jobs) =>
          jobs.length === 0 ? (
            <p class="quiet">None yet for this model.</p>
          ) : (
            <ul>
              {jobs.map((job) => (
                <li key={job.id}>
                  <Entry
                    job={job}
                    shown={job.id === current}
                    open={() => open(job.id)}
                    remove={() => void remove(job.id)}
                  />
                </li>
              ))}
            </ul>
          )
        }
      </AskedView>
    </section>
  );
}

/** How a search stands, in a word or two. */
export const STATES: Readonly<Record<Job['state'], string>> = {
  ...{ queued: 'in line', running: 'searching', succeeded: 'found' },
  ...{ failed: 'failed', cancelled: 'cancelled', interrupted: 'interrupted' },
};

function Entry({
  job,
  shown,
  open,
  remove,
}: {
  readonly job: Job;
  readonly shown: boolean;
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
        aria-current={shown ? 'true' : undefined}
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
