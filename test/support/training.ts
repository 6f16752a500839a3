import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import type { StoredRecording } from '../../src/datasets/recording.js';
import type { ModelCard } from '../../src/models/card.js';
import { type AskedModel, findVersion } from '../../src/models/find-version.js';
import type { ModelSource } from '../../src/models/model-source.js';
import { checkCard } from '../../src/models/saved-model.js';
import { createDataRoom } from '../../src/storage/data-room.js';
import { createDatasets } from '../../src/storage/datasets.js';
import { createRecordings, openRecordings } from '../../src/storage/recordings.js';
import { createTestApp, type TestAppOptions } from './app.js';
import { openTestJobs } from './jobs.js';
import { writeSmallSite } from './sites.js';
import { temporaryFolder } from './store.js';

interface TrainingAppOptions extends TestAppOptions {
  readonly capacity?: number;
  readonly maxJobs?: number;
  /** Those that a training may begin with, by version. */
  readonly models?: readonly ModelCard[];
  /** DATA_DIR of another app, which both then share. */
  readonly shared?: string;
}

/** An app that trains, with a folder that is deleted when the test ends, and jobs of its own that never end. */
export async function createTrainingApp({
  capacity = 2 ** 20,
  maxJobs = 2,
  models = [],
  shared,
  ...options
}: TrainingAppOptions = {}) {
  const folder = shared ?? (await temporaryFolder());
  const { jobs } = await openTestJobs();
  const datasets = createDatasets(path.join(folder, 'datasets'));
  const place = path.join(folder, 'recordings');
  const room = createDataRoom(openRecordings(place), datasets, capacity);
  const recordings = createRecordings({
    folder: place,
    room,
    now: () => Date.UTC(2026, 0, 1),
  });
  const removed: string[] = [];
  const training = {
    recordings,
    datasets,
    room,
    maxJobs,
    machine: 'this one',
    findModel: (asked: AskedModel) => findVersion(sourceOf(models), asked),
    async removeModel({ name, version }: { readonly name: string; readonly version: number }) {
      removed.push(`${name}/${version}`);
      return true;
    },
  };
  return { ...createTestApp({ jobs, training, ...options }), folder, jobs, training, removed };
}

/** A source of models that have no weights. */
function sourceOf(cards: readonly ModelCard[]): Pick<ModelSource, 'list' | 'readCard'> {
  return {
    async list(name) {
      const versions = cards
        .filter((card) => card.name === name)
        .map((card) => ({ name: card.name, version: card.version, stamp: '' }));
      return { names: [], versions, broken: [], unreadable: [] };
    },
    async readCard({ name, version }) {
      const card = cards.find((each) => each.name === name && each.version === version)!;
      return checkCard(Buffer.from(JSON.stringify(card)), name, String(version));
    },
  };
}

/** Sends requests to a service, or to an app. */
export type Send = (place: string, init?: RequestInit) => Response | Promise<Response>;

export const sha256 = (bytes: Uint8Array) => createHash('sha256').update(bytes).digest('hex');

export const describe = (files: Readonly<Record<string, Uint8Array>>) => ({
  files: Object.entries(files).map(([name, bytes]) => ({
    name,
    bytes: bytes.length,
    sha256: sha256(bytes),
  })),
});

export const postJson = (send: Send, place: string, body: unknown) =>
  send(place, {
    method: 'POST',
    body: JSON.stringify(body),
    headers: { 'Content-Type': 'application/json' },
  });

export const append = (
  send: Send,
  digest: string,
  file: number,
  offset: number | string,
  bytes: Uint8Array<ArrayBuffer>,
) =>
  send(`/v1/recordings/${digest}/files/${file}`, {
    method: 'PATCH',
    body: bytes,
    headers: { 'Upload-Offset': String(offset), 'Content-Type': 'application/octet-stream' },
  });

const NAMES = ['train_img', 'val_img', 'trainRsp', 'valRsp'].map((name) => `${name}_small.npy`);

/** The four files of a small site, by their names, which are written into a folder first. */
export async function smallSite(folder: string): Promise<Record<string, Uint8Array<ArrayBuffer>>> {
  await writeSmallSite(folder, 60, 20);
  const read = NAMES.map(async (name) => {
    return [name, new Uint8Array(await readFile(path.join(folder, name)))] as const;
  });
  return Object.fromEntries(await Promise.all(read));
}

/** Uploads a recording whole. */
export async function upload(
  send: Send,
  files: Readonly<Record<string, Uint8Array<ArrayBuffer>>>,
): Promise<StoredRecording> {
  const answer = await postJson(send, '/v1/recordings', describe(files));
  let recording = (await answer.json()) as StoredRecording;
  for (const [index, bytes] of Object.values(files).entries()) {
    const done = await append(send, recording.digest, index, 0, bytes);
    recording = (await done.json()) as StoredRecording;
  }
  return recording;
}
