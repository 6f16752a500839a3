import type { StoredRecording } from '../../datasets/recording.js';
import { FileField } from '../parts/fields.js';
import { Failed, FetchedView, Waiting } from '../parts/notices.js';
import { WorkProgress } from '../parts/work-progress.js';
import { usePage } from '../state/context.js';
import type { Fetched } from '../state/fetched.js';
import { byteUnit, formatBytes } from './bytes.js';
import { NOTHING_CHOSEN, type UploadState } from './upload.js';

/** Takes the files of a recording and shows their upload. */
export function RecordingPanel({ stored }: { readonly stored: Fetched<StoredRecording> }) {
  const { address, upload } = usePage();
  const state = upload.state.value;
  const chosen = address.get('recording') !== '';
  const complete = stored.value?.complete === true;
  return (
    <section class="panel" aria-labelledby="recording-title">
      <h2 id="recording-title">1. The recording</h2>
      {state.error && <Failed error={state.error} />}
      {state.step !== 'idle' && <Uploading state={state} onStop={upload.stop} />}
      {state.step === 'idle' && chosen && (
        <FetchedView fetched={{ ...stored, waiting: false }} waiting="Loading the recording…">
          {(recording) => <Stored recording={recording} />}
        </FetchedView>
      )}
      {state.step === 'idle' && !complete && (
        <FileField
          label="Drop the files of a recording here, or choose them"
          accept=""
          multiple
          onFiles={(files) => void upload.start(files)}
        >
          <span class="quiet">
            An NWB, MATLAB or HDF5 file; a file of numpy (.npz), or several .npy files; a folder of
            images with a table, of Sensorium or of experanto, as one zip file. An upload that was
            stopped goes on when you drop the same files again.
          </span>
        </FileField>
      )}
      {state.step === 'idle' && chosen && (
        <button
          type="button"
          class="another"
          onClick={() => address.set({ ...NOTHING_CHOSEN, recording: '' }, true)}
        >
          Take another recording
        </button>
      )}
    </section>
  );
}

function Uploading({
  state: { step, done, total, secondsLeft, lost },
  onStop,
}: {
  readonly state: UploadState;
  readonly onStop: () => void;
}) {
  const { unit, size } = byteUnit(total);
  const inUnit = (bytes: number) => Number((bytes / size).toFixed(1));
  return (
    <>
      <div class="row spread">
        <WorkProgress
          doing={step === 'hashing' ? 'Reading the files' : 'Sending the files'}
          unit={unit}
          done={inUnit(done)}
          total={inUnit(total)}
          secondsLeft={secondsLeft}
        />
        <button type="button" onClick={onStop}>
          Stop
        </button>
      </div>
      {lost && <Waiting>The connection is lost. The page keeps trying.</Waiting>}
    </>
  );
}

function Stored({
  recording: { files, bytes, complete },
}: {
  readonly recording: StoredRecording;
}) {
  const names = files.map(({ name }) => name).join(', ');
  if (complete) {
    return (
      <p>
        <strong>{names}</strong>, {formatBytes(bytes)}
      </p>
    );
  }
  return (
    <div class="notice warn">
      <p>The upload is not complete. Drop the same files again, and it goes on.</p>
      {files.map(({ name, received, bytes: all }) => (
        <p key={name}>
          {name}: {formatBytes(received)} of {formatBytes(all)} are stored
        </p>
      ))}
    </div>
  );
}
