import { type ReadonlySignal, signal } from '@preact/signals';
import type { RecordingFile, StoredRecording } from '../../datasets/recording.js';
import { createTimeLeft } from '../../time-left.js';
import type { Service } from '../service/service.js';
import { announceRecording, sendRecording } from './send-recording.js';

/** How far an upload has come. */
export interface UploadState {
  /** What it does; `idle` before the first and after the last. */
  readonly step: 'idle' | 'hashing' | 'sending';
  /** Bytes that are done in this step, and all bytes. */
  readonly done: number;
  readonly total: number;
  /** null until an estimate exists. */
  readonly secondsLeft: number | null;
  /** Whether the connection is lost; the upload tries again by itself. */
  readonly lost: boolean;
  /** As the service has it. */
  readonly recording: StoredRecording | undefined;
  /** Why the upload ended early. */
  readonly error: Error | undefined;
}

/** The upload of a recording, which goes on while the user looks at other views. */
export interface Upload {
  readonly state: ReadonlySignal<UploadState>;
  /** Sends files; of files that the service has in part, what is missing. Then a job looks into them. */
  start(files: readonly File[]): Promise<void>;
  /** Ends the upload. What is stored stays. */
  stop(): void;
}

const IDLE: UploadState = {
  step: 'idle',
  done: 0,
  total: 0,
  secondsLeft: null,
  lost: false,
  recording: undefined,
  error: undefined,
};

/**
 * @param keep puts what was started into the address: `recording`, then `ingest`
 */
export function createUpload(
  service: Service,
  keep: (changes: Readonly<Record<string, string>>) => void,
): Upload {
  const state = signal(IDLE);
  let controller = new AbortController();
  return { state, start, stop };

  function stop(): void {
    controller.abort();
    state.value = { ...state.peek(), step: 'idle', lost: false };
  }

  async function start(files: readonly File[]): Promise<void> {
    controller.abort();
    controller = new AbortController();
    const { signal: end } = controller;
    const update = (change: Partial<UploadState>) => {
      if (!end.aborted) state.value = { ...state.peek(), ...change };
    };
    const total = files.reduce((sum, { size }) => sum + size, 0);
    state.value = { ...IDLE, step: 'hashing', total };
    try {
      const described = await describeFiles(files, total, update, end);
      const recording = await announceRecording(service, described, end);
      keep({ ...NOTHING_CHOSEN, recording: recording.digest });
      await send(recording, files, update, end);
      const route = service.client.v1.recordings[':digest'].ingest;
      const param = { digest: recording.digest };
      const job = await service.json(route.$post({ param, json: {} }, { init: { signal: end } }));
      keep({ ingest: job.value.id });
      update({ step: 'idle' });
    } catch (error) {
      update({ step: 'idle', lost: false, error: error as Error });
    }
  }

  async function send(
    recording: StoredRecording,
    files: readonly File[],
    update: (change: Partial<UploadState>) => void,
    end: AbortSignal,
  ): Promise<void> {
    const before = storedBytes(recording);
    const total = recording.bytes;
    const timeLeft = createTimeLeft(() => performance.now());
    const observer = {
      onStored: (now: StoredRecording) => {
        const done = storedBytes(now);
        timeLeft.update(done - before, total - before);
        const secondsLeft = timeLeft.seconds();
        update({ step: 'sending', done, total, secondsLeft, lost: false, recording: now });
      },
      onLost: () => update({ lost: true }),
    };
    const byName = new Map(files.map((file) => [file.name, file]));
    await sendRecording(service, recording, byName, observer, end);
  }
}

/** What the view has in the address, without the recording. */
export const NOTHING_CHOSEN = { options: '', ingest: '', dataset: '', replaces: '', train: '' };

async function describeFiles(
  files: readonly File[],
  total: number,
  update: (change: Partial<UploadState>) => void,
  end: AbortSignal,
): Promise<RecordingFile[]> {
  const { hashFile } = await import('./hash-file.js');
  const timeLeft = createTimeLeft(() => performance.now());
  const described: RecordingFile[] = [];
  let done = 0;
  for (const file of files) {
    const sha256 = await hashFile(
      file,
      (bytes) => {
        done += bytes;
        timeLeft.update(done, total);
        update({ done, secondsLeft: timeLeft.seconds() });
      },
      end,
    );
    described.push({ name: file.name, bytes: file.size, sha256 });
  }
  return described;
}

function storedBytes({ files }: StoredRecording): number {
  return files.reduce((sum, { received }) => sum + received, 0);
}
