import { usePage } from '../state/context.js';
import { useJob } from '../state/job.js';
import { JobPanel } from './job-panel.js';
import { KeptSearches, STATES } from './kept-searches.js';
import { SearchForm } from './search-form.js';
import { SEARCH_PREVIEWS } from './search-previews.js';

/** Starts searches for preferred stimuli and shows their results. */
export function PreferredSection() {
  const { address } = usePage();
  const id = address.get('job');
  const followed = useJob(id, SEARCH_PREVIEWS);
  const open = (job: string) => address.set({ job }, true);
  return (
    <section class="preferred" aria-labelledby="preferred-title">
      <div class="panel">
        <h2 id="preferred-title">Preferred stimulus</h2>
        <SearchForm onStarted={open} />
        <KeptSearches current={id} state={followed.job?.state ?? ''} open={open} />
      </div>
      <div class="panel found">
        <p class="hidden" role="status">
          {followed.job && `The search: ${STATES[followed.job.state]}`}
        </p>
        {id === '' ? (
          <p class="quiet">
            No search is open. Press "Find it" to start one, or open a stored search. A search takes
            seconds to minutes and continues when you leave this page. Its result appears here.
          </p>
        ) : (
          <JobPanel followed={followed} />
        )}
      </div>
    </section>
  );
}
