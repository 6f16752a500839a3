import { usePage } from '../state/context.js';
import { useJob } from '../state/job.js';
import { EarlierJobs, STATES } from './earlier-jobs.js';
import { JobPanel } from './job-panel.js';
import { SearchForm } from './search-form.js';

/** Searches for the stimuli that the chosen neurons respond to most, and what they found. */
export function PreferredSection() {
  const { address } = usePage();
  const id = address.get('job');
  const followed = useJob(id);
  const open = (job: string) => address.set({ job }, true);
  return (
    <section class="preferred" aria-labelledby="preferred-title">
      <div class="panel">
        <h2 id="preferred-title">Preferred stimulus</h2>
        <SearchForm onStarted={open} />
        <EarlierJobs current={id} state={followed.job?.state ?? ''} open={open} />
      </div>
      <div class="panel found">
        <p class="hidden" role="status">
          {followed.job && `The search: ${STATES[followed.job.state]}`}
        </p>
        {id === '' ? (
          <p class="quiet">
            No search is open. Press "Find it" to start one: it takes seconds to minutes, goes on
            when you leave this page, and its result appears here. Or open a kept search.
          </p>
        ) : (
          <JobPanel followed={followed} />
        )}
      </div>
    </section>
  );
}
