import { useState } from 'preact/hooks';
import { isOver, type Job } from '../../client/job-events.js';
import { Problem } from '../../client/problem.js';
import { Failed, FetchedView, Waiting } from '../parts/notices.js';
import { WorkProgress } from '../parts/work-progress.js';
import { endJob } from '../service/end-job.js';
import { useModel, usePage } from '../state/context.js';
import { useFetched } from '../state/fetched.js';
import { PreferredFigure } from './preferred-figure.js';
import { fetchPreferred } from './preferred-result.js';
import { SearchPreview } from './search-preview.js';
import type { FollowedSearch } from './search-previews.js';

/** The job kind of this view. */
export const KIND = 'preferred-stimulus';

/** Shows a running or finished search. */
export function JobPanel({ followed }: { readonly followed: FollowedSearch }) {
  const { job, previews, error, lost } = followed;
  if (error) {
    const gone = error instanceof Problem && error.status === 404;
    if (!gone) return <Failed error={error} />;
    return (
      <div class="notice warn">
        <p>
          The search in the address does not exist any more. It was deleted, or the service uses
          another folder for jobs. Press "Find it" to search again.
        </p>
      </div>
    );
  }
  return (
    <>
      {lost && <Waiting>The service does not answer. The page keeps trying.</Waiting>}
      {!job && !lost && <Waiting>Loading the search…</Waiting>}
      {job && <KnownJob job={job} previews={previews} />}
    </>
  );
}

function KnownJob({ job, previews }: { readonly job: Job } & Pick<FollowedSearch, 'previews'>) {
  const { address } = usePage();
  const { card } = useModel();
  if (job.kind !== KIND) {
    return (
      <p class="quiet">
        The job in the address is of another kind ({job.kind}). Press "Find it" to search for
        images.
      </p>
    );
  }
  if (job.model !== null && job.model.digest !== card.digest) {
    const id = `${job.model.name}/${job.model.version}`;
    return (
      <div class="notice warn">
        <p>This search was for {id}, which is not the current model.</p>
        <button
          type="button"
          onClick={() => address.set({ model: id, neurons: '' }, true)}
          disabled={id === `${card.name}/${card.version}`}
        >
          Show {id}
        </button>
      </div>
    );
  }
  if (!isOver(job)) return <RunningSearch job={job} previews={previews} />;
  return job.state === 'succeeded' ? <Succeeded job={job} /> : <Ended job={job} />;
}

function RunningSearch({
  job,
  previews,
}: { readonly job: Job } & Pick<FollowedSearch, 'previews'>) {
  const { service } = usePage();
  const [error, setError] = useState<Error | null>(null);
  const queued = job.state === 'queued';
  const cancel = () => endJob(service, job.id).catch(setError);
  return (
    <section class="running-search" aria-label="The search">
      <div class="row spread">
        {queued ? (
          <p>
            <strong>Queued</strong>: the search starts when the jobs before it are done.
          </p>
        ) : (
          <WorkProgress doing="Searching" unit="steps" {...job.progress} />
        )}
        <button type="button" onClick={() => void cancel()}>
          Cancel
        </button>
      </div>
      {error && <Failed error={error} />}
      {[...previews.values()].map((preview) => (
        <SearchPreview key={preview.neuron} preview={preview} />
      ))}
    </section>
  );
}

/** Messages and next steps for searches without a result. */
const ENDS = {
  failed: ['The search failed', 'Change the settings, or press "Find it" to try again.'],
  cancelled: [
    'The search was cancelled',
    'Press "Find it" to search again: the same seed gives the same images.',
  ],
  interrupted: [
    'The service stopped during the search',
    'Press "Find it" to search again: the same seed gives the same images.',
  ],
} as const;

function Ended({ job: { state, reason, progress } }: { readonly job: Job }) {
  if (state !== 'failed' && state !== 'cancelled' && state !== 'interrupted') return null;
  const [what, next] = ENDS[state];
  return (
    <div class={state === 'failed' ? 'notice bad' : 'notice warn'}>
      <p>
        <strong>{what}</strong>
        {progress.total > 0 && `, after ${progress.done} of ${progress.total} steps`}
        {state === 'failed' && reason !== null && `: ${reason}`}.
      </p>
      <p>{next}</p>
    </div>
  );
}

function Succeeded({ job }: { readonly job: Job }) {
  const { service } = usePage();
  const found = useFetched(job.id, (signal) => fetchPreferred(service, job, signal));
  return (
    <FetchedView fetched={found} waiting="Loading the images…">
      {(value) => <PreferredFigure found={value} />}
    </FetchedView>
  );
}
