import { readdir, readFile, truncate, utimes } from 'node:fs/promises';
import path from 'node:path';
import { pino } from 'pino';
import { expect } from 'vitest';
import { InputError } from '../../src/errors.js';
import { sha256 } from '../../src/files/whole-file.js';
import { openModelSource } from '../../src/models/open-source.js';
import { readModel, readModelFiles } from '../../src/models/saved-model.js';
import { createS3Objects } from '../../src/objects/s3-objects.js';
import { moto, testWith } from '../support/capabilities.js';
import { s3Error, s3ForTests, startFaultyS3 } from '../support/s3.js';
import { saveConstantModel } from '../support/saved-models.js';
import { temporaryFolder } from '../support/store.js';

const test = testWith(moto());
const openS3 = s3ForTests();
const WEIGHTS = 'weights.safetensors';

async function openModels({ capacity = 2 ** 30 } = {}) {
  const s3 = await openS3();
  const proxy = await startFaultyS3(s3);
  const place = `${s3.place}/lab/models`;
  const folder = await temporaryFolder();
  const cache = path.join(await temporaryFolder(), 'cache');
  const settings = { endpoint: proxy.endpoint, region: undefined, cache, cacheCapacity: capacity };
  const log: Record<string, unknown>[] = [];
  const logger = pino({}, { write: (line: string) => log.push(JSON.parse(line)) });
  const objects = createS3Objects({ ...s3, place, setting: 'MODELS_DIR' });
  /** Saves a model here, and uploads its files as other programs do. */
  const upload = async (name: string, without?: string) => {
    await saveConstantModel(folder, name);
    const files = await readModelFiles(await readModel(path.join(folder, name, '1')));
    for (const [file, content] of files) {
      if (file !== without) await objects.put(`${name}/1/${file}`, content);
    }
    return { files, digest: sha256(files.get('card.json')!) };
  };
  const openSource = () => openModelSource(place, settings, logger);
  return { proxy, cache, log, objects, upload, openSource, source: await openSource() };
}

test('the models of a prefix are listed by their cards, in order, all or those of a name', async () => {
  const { objects, upload, source } = await openModels();
  const { digest, files } = await upload('b');
  await upload('a');
  await objects.put('b/10/card.json', files.get('card.json')!);
  // Nothing of these is a version of a model.
  for (const key of ['readme.md', 'b/notes/card.json', '.hidden/1/card.json', 'c/1/a/card.json']) {
    await objects.put(key, Buffer.from('x'));
  }
  await upload('torn', 'card.json');
  const { names, versions } = await source.list();
  expect(names).toEqual(['a', 'b']);
  expect(versions.map(({ name, version }) => [name, version])).toEqual([
    ['a', 1],
    ['b', 1],
    ['b', 10],
  ]);
  expect((await source.list('a')).versions).toMatchObject([{ name: 'a', version: 1 }]);
  expect((await source.list('b/1')).names).toEqual([]);
  expect((await source.list('none')).names).toEqual([]);
  expect((await source.readCard({ name: 'b', version: 1 })).digest).toBe(digest);
  await expect(source.readCard({ name: 'b', version: 10 })).rejects.toThrow(
    'card.json is of b version 1, its folder says b/10',
  );
});

test('files are fetched once, and read from this machine from then on, without S3', async () => {
  const { proxy, upload, source, openSource } = await openModels();
  const { digest, files } = await upload('lab');
  const version = { name: 'lab', version: 1 };
  const folder = await source.localFolder(version, digest);
  expect(folder).toMatch(/lab\/1$/);
  for (const [file, content] of files) {
    expect((await readFile(path.join(folder, file))).equals(content)).toBe(true);
  }
  proxy.fault = (_, answer) => s3Error(answer, 403, 'AccessDenied');
  const before = proxy.requests.length;
  expect(await (await openSource()).localFolder(version, digest)).toBe(folder);
  expect(proxy.requests).toHaveLength(before);
});

test('a copy that was damaged here is fetched again', async () => {
  const { upload, source, log } = await openModels();
  const { digest } = await upload('lab');
  const version = { name: 'lab', version: 1 };
  const folder = await source.localFolder(version, digest);
  await truncate(path.join(folder, WEIGHTS), 100);
  await source.localFolder(version, digest);
  expect((await readModelFiles(await readModel(folder))).size).toBe(2);
  expect(log).toMatchObject([
    { msg: 'a cached object is damaged; it is read from the store again' },
  ]);
});

test('a version whose files are not those of its card is rejected with the reason', async () => {
  const { objects, upload, source, cache } = await openModels();
  const { digest, files } = await upload('lab');
  const version = { name: 'lab', version: 1 };
  const local = () => source.localFolder(version, digest);
  await objects.put(`lab/1/${WEIGHTS}`, files.get(WEIGHTS)!.subarray(0, 100));
  await expect(local()).rejects.toThrow(
    new InputError(`${WEIGHTS} is not the file that the card describes: its sha256 differs`),
  );
  await objects.put(`lab/1/${WEIGHTS}`, Buffer.alloc(2 ** 21));
  await source.list();
  await expect(source.readCard(version)).rejects.toThrow(
    /^weights.safetensors is too large: 2097152 bytes; expected at most 1\d{6}$/,
  );
  await objects.remove(`lab/1/${WEIGHTS}`);
  await source.list();
  await expect(source.readCard(version)).rejects.toThrow(`${WEIGHTS} is missing`);
  await expect(local()).rejects.toThrow(`${WEIGHTS} is missing`);
  await objects.put('lab/1/card.json', Buffer.from('{'));
  await expect(source.readCard(version)).rejects.toThrow('card.json is not JSON');
  await objects.put('lab/1/card.json', Buffer.concat([files.get('card.json')!, Buffer.from(' ')]));
  await expect(local()).rejects.toThrow(/^card.json has been replaced: its digest is \w{64}/);
  await expect(readdir(cache)).rejects.toThrow('ENOENT');
});

test('the least recently used models leave when the capacity is used up', async () => {
  const { upload, source, cache } = await openModels({ capacity: 5 * 4096 });
  const folders = new Map<string, string>();
  const local = async (name: string) => {
    const { digest } = await upload(name);
    await source.localFolder({ name, version: 1 }, digest);
    folders.set(name, `${digest}.files`);
  };
  await local('a');
  await local('b');
  for (const [name, seconds] of [
    ['a', 200],
    ['b', 100],
  ] as const) {
    await utimes(path.join(cache, folders.get(name)!), seconds, seconds);
  }
  await local('c');
  const kept = [folders.get('a'), folders.get('c')];
  expect((await readdir(cache)).toSorted()).toEqual(kept.toSorted());
});

test('a model larger than the capacity is rejected with the setting', async () => {
  const { upload, source } = await openModels({ capacity: 5000 });
  const { digest } = await upload('lab');
  await expect(source.localFolder({ name: 'lab', version: 1 }, digest)).rejects.toThrow(
    /^its files take \d+ bytes; expected at most STORAGE_CACHE_CAPACITY=5000$/,
  );
});

test('S3 that is away is an error with the reason', async () => {
  const { proxy, upload, source } = await openModels();
  const { digest } = await upload('lab');
  proxy.fault = (request) => request.socket.destroy() !== undefined;
  const reason =
    /: the storage of MODELS_DIR cannot be reached \(ECONNRESET\); send it again later$/;
  await expect(source.list()).rejects.toThrow(reason);
  const version = { name: 'lab', version: 1 };
  await expect(source.readCard(version)).rejects.toThrow(reason);
  await expect(source.localFolder(version, digest)).rejects.toThrow(reason);
});
