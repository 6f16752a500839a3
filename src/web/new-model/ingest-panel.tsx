import { useState } from 'preact/hooks';
import { isOver } from '../../client/job-events.js';
import { Failed, FetchedView } from '../parts/notices.js';
import { usePage } from '../state/context.js';
import { DataJob } from './data-job.js';
import { Found } from './found.js';
import { IngestForm } from './ingest-form.js';
import type { FollowedIngest } from './ingest-job.js';
import type { IngestOptions } from './ingest-options.js';

/** The progress of an ingest job is counted in hundredths of five steps. */
const STEPS_OF_PERCENT = 5;

/** Makes a dataset of the recording, shows what was found, and takes corrections. */
export function IngestPanel({ ingest: { followed, report } }: { readonly ingest: FollowedIngest }) {
  const { service, address } = usePage();
  const [error, setError] = useState<Error>();
  const [sending, setSending] = useState(false);
  const id = address.get('ingest');
  const { job, previews: step } = followed;
  const busy = sending || (job !== undefined && !isOver(job));
  const start = async (options: IngestOptions) => {
    setError(undefined);
    setSending(true);
    try {
      const route = service.client.v1.recordings[':digest'].ingest;
      const param = { digest: address.get('recording') };
      const { value } = await service.json(route.$post({ param, json: options }));
      const replaces = address.get('dataset') || address.get('replaces');
      address.set({ ingest: value.id, dataset: '', replaces, train: '' }, true);
    } catch (problem) {
      setError(problem as Error);
    } finally {
      setSending(false);
    }
  };
  const found = report.value?.value;
  const form = (
    <IngestForm
      key={id === '' ? 'new' : 'again'}
      candidates={found?.candidates}
      submit={id === '' ? 'Read the recording' : 'Run it again'}
      disabled={busy}
      onSubmit={(options) => void start(options)}
    />
  );
  return (
    <section class="panel" aria-labelledby="ingest-title">
      <h2 id="ingest-title">2. What is in it</h2>
      {id !== '' && (
        <DataJob
          followed={followed}
          doing={step === '' ? 'Looking into the recording' : `The service ${step}`}
          unit="%"
          stepsOfUnit={STEPS_OF_PERCENT}
          remedy="Correct the options below, then run it again."
        />
      )}
      {error && <Failed error={error} />}
      {job?.state === 'succeeded' && (
        <FetchedView fetched={report} waiting="Loading what was found…">
          {(answer) => <Found answer={answer} job={id} />}
        </FetchedView>
      )}
      {found ? (
        <details class="correct">
          <summary>Correct it</summary>
          {form}
        </details>
      ) : (
        !busy && form
      )}
    </section>
  );
}
