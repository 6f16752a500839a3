import { usePage } from '../state/context.js';
import { useFetched } from '../state/fetched.js';
import { RecordingPanel } from './recording-panel.js';
import './new-model.css';

/** Makes a model of a recording: upload, dataset, training. */
export function NewModelView() {
  const { service, address, upload } = usePage();
  const digest = address.get('recording');
  const { step } = upload.state.value;
  // The recording is read again when its upload has ended.
  const stored = useFetched(digest === '' || step !== 'idle' ? null : digest, async (signal) => {
    const route = service.client.v1.recordings[':digest'];
    return (await service.json(route.$get({ param: { digest } }, { init: { signal } }))).value;
  });
  return (
    <div class="new-model">
      <RecordingPanel stored={stored} />
    </div>
  );
}
