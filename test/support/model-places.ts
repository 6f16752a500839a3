import { readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { pino } from 'pino';
import { openModelSource } from '../../src/models/open-source.js';
import { publishModel } from '../../src/models/publish.js';
import { removeModel } from '../../src/models/remove-model.js';
import { readModel, readModelFiles, type SavedModel } from '../../src/models/saved-model.js';
import { createFolderObjects } from '../../src/objects/folder-objects.js';
import type { ObjectStore } from '../../src/objects/object-store.js';
import { createS3Objects } from '../../src/objects/s3-objects.js';
import { moto } from './capabilities.js';
import { startFaultyS3, type TestS3 } from './s3.js';
import { saveConstantModel } from './saved-models.js';
import { temporaryFolder } from './store.js';

export const AWS = { endpoint: undefined, region: undefined };

/** The model `lab/1`, and another one of this name. */
export async function saveModels(): Promise<{ model: SavedModel; other: SavedModel }> {
  const [folder, otherFolder] = [await temporaryFolder(), await temporaryFolder()];
  await saveConstantModel(folder, 'lab');
  await saveConstantModel(otherFolder, 'lab');
  const file = path.join(otherFolder, 'lab/1/card.json');
  const card = JSON.parse(await readFile(file, 'utf8')) as object;
  await writeFile(file, JSON.stringify({ ...card, response: { unit: 'spikes' } }));
  return {
    model: await readModel(path.join(folder, 'lab/1')),
    other: await readModel(path.join(otherFolder, 'lab/1')),
  };
}

/** A place that models are published to, and what a service sees of it. */
export async function openTarget(place: string, connection: typeof AWS, objects: ObjectStore) {
  const settings = { ...connection, cache: await temporaryFolder(), cacheCapacity: 2 ** 30 };
  const source = await openModelSource(place, settings, pino({ level: 'silent' }));
  return {
    place,
    objects,
    source,
    publish: (model: SavedModel) => publishModel(model, place, connection),
    remove: (name: string, version: number) => removeModel({ name, version }, place, connection),
    /** The digests of the versions that a service sees. */
    async seen() {
      const { versions } = await source.list();
      return Promise.all(
        versions.map(async (version) => {
          const { digest } = await source.readCard(version);
          await readModelFiles(await readModel(await source.localFolder(version, digest)));
          return digest;
        }),
      );
    },
  };
}

/** A folder, and a place in S3. */
export const modelPlaces = (openS3: () => Promise<TestS3>) => [
  {
    name: 'a folder',
    needs: { missing: null, required: false },
    async open() {
      const place = await temporaryFolder();
      return openTarget(place, AWS, createFolderObjects(place));
    },
  },
  {
    name: 'S3',
    needs: moto(),
    async open() {
      const s3 = await openS3();
      const { endpoint } = await startFaultyS3(s3, { inTurn: true });
      const place = `${s3.place}/lab/models`;
      const connection = { endpoint, region: undefined } as unknown as typeof AWS;
      return openTarget(place, connection, createS3Objects({ ...connection, place, setting: '' }));
    },
  },
];
