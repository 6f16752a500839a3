import { spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, rm, symlink, truncate, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import path from 'node:path';
import { pino } from 'pino';
import { expect, onTestFinished, test } from 'vitest';
import { createModelRepository } from '../../src/inference/model-repository.js';
import { createFolderSource } from '../../src/models/folder-source.js';
import { checkModelsFolder } from '../../src/models/models-folder.js';
import { readModel, readWeights } from '../../src/models/saved-model.js';
import { writeCard } from '../support/card-folders.js';
import { createFakeEngine } from '../support/fake-engine.js';
import { saveConstantModel } from '../support/saved-models.js';
import { temporaryFolder } from '../support/store.js';

async function serve(directory: string) {
  const log: Record<string, unknown>[] = [];
  const logger = pino({}, { write: (line: string) => log.push(JSON.parse(line)) });
  const repository = createModelRepository({
    source: createFolderSource(directory),
    engine: createFakeEngine(),
    logger,
  });
  await repository.reload();
  const { served, unusable } = repository;
  return {
    served: served.map(({ name, version }) => `${name}/${version}`),
    unusable: unusable.map(({ name, version, reason }) => `${name}/${version}: ${reason}`),
    skipped: log.filter(({ msg }) => msg === 'model is skipped'),
  };
}

test('models and versions that are links are served, as Kubernetes mounts them too', async () => {
  const folder = await temporaryFolder();
  const [store, models] = [path.join(folder, 'store'), path.join(folder, 'models')];
  await writeCard(store, 'linked', 1);
  await writeCard(store, 'versioned', 7);
  await mkdir(path.join(models, 'versioned'), { recursive: true });
  await symlink(path.join(store, 'linked'), path.join(models, 'linked'));
  await symlink('../../store/versioned/7', path.join(models, 'versioned', '7'));
  await writeCard(path.join(models, '..2026_11_27'), 'mounted', 1);
  await symlink('..2026_11_27', path.join(models, '..data'));
  await symlink('..data/mounted', path.join(models, 'mounted'));
  expect(await serve(models)).toEqual({
    served: ['linked/1', 'mounted/1', 'versioned/7'],
    unusable: [],
    skipped: [],
  });
});

test('links that lead nowhere or in a circle are reported, and everything else is served', async () => {
  const models = await temporaryFolder();
  await writeCard(models, 'v1', 1);
  await symlink('nowhere', path.join(models, 'dangling'));
  await symlink('circle', path.join(models, 'circle'));
  await symlink('.', path.join(models, 'itself'));
  await symlink('9', path.join(models, 'v1', '9'));
  const { served, unusable, skipped } = await serve(models);
  expect(served).toEqual(['v1/1']);
  expect(unusable).toEqual(['v1/9: card.json is missing, or cannot be read']);
  expect(skipped).toMatchObject([
    { model: 'circle', reason: 'link leads nowhere: ELOOP' },
    { model: 'dangling', reason: 'link leads nowhere: ENOENT' },
  ]);
});

test.each([
  ['a device', (file: string) => symlink('/dev/zero', file), 'is not a regular file but a device'],
  ['a pipe', (file: string) => makePipe(file), 'is not a regular file but a pipe'],
  ['a folder', (file: string) => mkdir(file), 'is not a regular file but a folder'],
  [
    'a socket',
    (file: string) => makeSocket(file),
    'is not a regular file but a socket or a device',
  ],
  ['too large', (file: string) => makeLarge(file), 'is too large: 1099511627776 bytes; expected'],
  ['nowhere', (file: string) => symlink('nowhere', file), 'is missing, or cannot be read'],
])('a card or weights that are %s are not read', async (_, put, reason) => {
  const models = await temporaryFolder();
  await saveConstantModel(models, 'constant');
  const folder = path.join(models, 'constant', '1');
  const saved = await readModel(folder);
  for (const [file, read] of [
    ['weights.safetensors', () => readWeights(saved)],
    ['card.json', () => readModel(folder)],
  ] as const) {
    await rm(path.join(folder, file));
    await put(path.join(folder, file));
    await expect(read()).rejects.toThrow(reason);
    await expect(read()).rejects.toThrow(file);
  }
});

test('a model saved next to a version that is a link, or a stray file, gets the next number', async () => {
  const folder = await temporaryFolder();
  const models = path.join(folder, 'models');
  await saveConstantModel(path.join(folder, 'elsewhere'), 'constant');
  await mkdir(path.join(models, 'constant'), { recursive: true });
  await symlink(
    path.join(folder, 'elsewhere', 'constant', '1'),
    path.join(models, 'constant', '1'),
  );
  await writeFile(path.join(models, 'constant', '2'), '');
  await saveConstantModel(models, 'constant');
  expect((await readModel(path.join(models, 'constant', '3'))).card.version).toBe(3);
});

test('a models folder that is itself a model or a version is reported with the folder to name instead', async () => {
  const folder = await temporaryFolder();
  const models = path.join(folder, 'models');
  await writeCard(models, 'demo', 1);
  await expect(checkModelsFolder(path.join(models, 'demo'))).rejects.toThrow(
    `MODELS_DIR="${models}/demo" is the folder of a model; expected the folder that holds ` +
      `<model>/<version>/card.json: MODELS_DIR="${models}"`,
  );
  await expect(checkModelsFolder(path.join(models, 'demo', '1'))).rejects.toThrow(
    `is a version of a model; expected the folder that holds <model>/<version>/card.json: MODELS_DIR="${models}"`,
  );
  await expect(checkModelsFolder(path.join(folder, 'none'))).rejects.toThrow('is not a folder');
  await checkModelsFolder(models);
  await checkModelsFolder(await temporaryFolder());
  // The name of a model may be a number.
  await writeCard(models, '1', 1);
  await checkModelsFolder(models);
});

async function makeSocket(file: string): Promise<void> {
  const server = createServer().listen(file);
  await once(server, 'listening');
  onTestFinished(() => void server.close());
}

function makePipe(file: string): void {
  expect(spawnSync('mkfifo', [file]).status).toBe(0);
}

async function makeLarge(file: string): Promise<void> {
  await writeFile(file, '');
  await truncate(file, 2 ** 40);
}
