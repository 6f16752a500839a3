import { useEffect } from 'preact/hooks';
import { remove } from '../service/end-job.js';
import { usePage } from '../state/context.js';
import { useFetched } from '../state/fetched.js';
import { useIngestJob } from './ingest-job.js';
import { IngestPanel } from './ingest-panel.js';
import { RecordingPanel } from './recording-panel.js';
import { StoredPanel } from './stored-panel.js';
import { TrainPanel } from './train-panel.js';
import './new-model.css';

/** Makes a model of a recording: upload, dataset, training. The address has what was started. */
export function NewModelView() {
  const { service, address, upload } = usePage();
  const digest = address.get('recording');
  const { step } = upload.state.value;
  // The recording is read again when its upload has ended.
  const stored = useFetched(digest === '' || step !== 'idle' ? null : digest, async (signal) => {
    const route = service.client.v1.recordings[':digest'];
    return (await service.json(route.$get({ param: { digest } }, { init: { signal } }))).value;
  });
  const ingest = useIngestJob();
  const made = ingest.report.value?.value.dataset ?? '';
  const replaced = address.get('replaces');
  useEffect(() => {
    if (made === '') return;
    address.set({ dataset: made, replaces: '' });
    if (replaced === '' || replaced === made) return;
    // A dataset that a training uses, or that is gone, needs no message.
    void remove(service, `datasets/${replaced}`).catch(() => undefined);
  }, [made, replaced, service, address]);
  const dataset = address.get('dataset');
  return (
    <div class="new-model">
      <RecordingPanel stored={stored} />
      {stored.value?.complete && <IngestPanel ingest={ingest} />}
      {dataset !== '' && <TrainPanel digest={dataset} />}
      {step === 'idle' && <StoredPanel by={`${digest} ${dataset}`} />}
    </div>
  );
}
