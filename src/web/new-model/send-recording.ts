import { Problem, readProblem } from '../../client/problem.js';
import { isPassing, pause, WAIT_MS } from '../../client/retry.js';
import type { RecordingFile, StoredRecording } from '../../datasets/recording.js';
import type { Service } from '../service/service.js';

/** Bytes of one request. What a request that breaks off has sent stays stored. */
const PIECE_BYTES = 8 * 2 ** 20;

/** What an upload reports. */
export interface UploadObserver {
  /** Called whenever more bytes are stored. */
  readonly onStored: (recording: StoredRecording) => void;
  /** Called when the connection is lost; the upload goes on by itself. */
  readonly onLost: () => void;
}

/** Announces the files of a recording. @returns how far the service has them @throws Problem */
export async function announceRecording(
  { client, json }: Service,
  files: readonly RecordingFile[],
  signal: AbortSignal,
): Promise<StoredRecording> {
  const pending = client.v1.recordings.$post({ json: { files: [...files] } }, { init: { signal } });
  return (await json(pending)).value;
}

/**
 * Sends what is missing of a recording, in pieces. After an error that may pass, it asks how much is stored and
 * goes on from there.
 * @param files by their names
 * @throws Problem that does not pass, or the signal's reason
 */
export async function sendRecording(
  service: Service,
  start: StoredRecording,
  files: ReadonlyMap<string, Blob>,
  { onStored, onLost }: UploadObserver,
  signal: AbortSignal,
): Promise<void> {
  let recording = start;
  let waitMs = WAIT_MS.first;
  let known = true;
  for (;;) {
    try {
      if (!known) recording = await readRecording(service, recording.digest, signal);
      known = true;
      onStored(recording);
      const index = recording.files.findIndex(({ received, bytes }) => received < bytes);
      if (index < 0) return;
      recording = await sendPiece(service, recording, index, files, signal);
      waitMs = WAIT_MS.first;
    } catch (error) {
      signal.throwIfAborted();
      if (!(error instanceof Problem && (isPassing(error) || isTaken(error)))) throw error;
      known = false;
      onLost();
      await pause(waitMs, signal);
      waitMs = Math.min(2 * waitMs, WAIT_MS.max);
    }
  }
}

async function readRecording(
  { client, json }: Service,
  digest: string,
  signal: AbortSignal,
): Promise<StoredRecording> {
  const route = client.v1.recordings[':digest'];
  return (await json(route.$get({ param: { digest } }, { init: { signal } }))).value;
}

async function sendPiece(
  { origin, send }: Service,
  { digest, files }: StoredRecording,
  index: number,
  blobs: ReadonlyMap<string, Blob>,
  signal: AbortSignal,
): Promise<StoredRecording> {
  const { name, received } = files[index]!;
  const answer = await send(`${origin}/v1/recordings/${digest}/files/${index}`, {
    method: 'PATCH',
    headers: { 'Upload-Offset': String(received), 'Content-Type': 'application/octet-stream' },
    body: blobs.get(name)!.slice(received, received + PIECE_BYTES),
    signal,
  });
  if (!answer.ok) throw await readProblem(answer);
  return (await answer.json()) as StoredRecording;
}

/** Whether other bytes are next: an earlier request, or another tab, has sent some. */
function isTaken({ status }: Problem): boolean {
  return status === 409;
}
