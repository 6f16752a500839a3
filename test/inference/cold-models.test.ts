import { pino } from 'pino';
import { beforeEach, expect, test } from 'vitest';
import { EngineLostError, InputError, ModelUnavailableError } from '../../src/errors.js';
import { createModelRepository, type Preload } from '../../src/inference/model-repository.js';
import { createFolderSource } from '../../src/models/folder-source.js';
import { breakCard, writeCard } from '../support/card-folders.js';
import { createFakeEngine } from '../support/fake-engine.js';
import { temporaryFolder } from '../support/store.js';

let models = '';
beforeEach(async () => {
  models = await temporaryFolder();
  for (const name of ['a', 'b', 'c']) await writeCard(models, name, 1);
});

/** A repository with memory for so many models. */
async function open(capacity: number, preload: Preload = 'fitting') {
  const engine = createFakeEngine();
  const time = { now: 0 };
  const repository = createModelRepository({
    source: createFolderSource(models),
    engine,
    logger: pino({ level: 'silent' }),
    capacity,
    bytesOf: () => 1,
    preload,
    clock: () => time.now,
  });
  await repository.reload();
  /** Loads a model for a request that is over immediately. */
  const use = async (name: string) => {
    const model = repository.find(name)!;
    const release = repository.hold(model);
    try {
      return await repository.prepare(model, {});
    } finally {
      release();
    }
  };
  const names = () =>
    repository.served.filter(({ digest }) => engine.loaded.has(digest)).map(({ name }) => name);
  return { repository, engine, use, names, time };
}

test('models that fit into the memory are all loaded at the start, others none', async () => {
  expect((await open(3)).names()).toEqual(['a', 'b', 'c']);
  const { names, repository, use } = await open(2);
  expect(repository.served.map(({ name }) => name)).toEqual(['a', 'b', 'c']);
  expect(names()).toEqual([]);
  await use('b');
  expect(names()).toEqual(['b']);
  expect(repository.memory).toMatchObject({ count: 1, bytes: 1, capacity: 2 });
});

test('preloaded models are loaded at the start and stay loaded', async () => {
  expect((await open(3, 'none')).names()).toEqual([]);
  const { names, use, repository } = await open(2, ['b']);
  expect(names()).toEqual(['b']);
  for (const name of ['a', 'b', 'c', 'a', 'c']) await use(name);
  expect(names()).toEqual(['b', 'c']);
  await repository.reload();
  expect(names()).toEqual(['b', 'c']);
});

test('a preloaded model that does not fit is listed with the reason', async () => {
  const { repository } = await open(2, 'all');
  expect(repository.served.map(({ name }) => name)).toEqual(['a', 'b']);
  expect(repository.unusable).toEqual([
    {
      name: 'c',
      version: 1,
      reason:
        'no memory for c/1 now: the models in use leave 0 bytes of MODEL_MEMORY=2; expected 1; PRELOAD keeps models of 2 bytes loaded',
    },
  ]);
});

test('a new version of a loaded model is verified before it answers, that of a cold one later', async () => {
  const { repository, engine, use, names } = await open(2);
  await use('a');
  for (const name of ['a', 'b']) await writeCard(models, name, 1, 'spikes');
  engine.failNextLoad(new InputError('its golden responses do not hold'));
  const [a, b] = [repository.find('a'), repository.find('b')];
  await repository.reload();
  expect(repository.find('a')).toBe(a);
  expect(repository.find('b')).not.toBe(b);
  expect(repository.unusable).toMatchObject([{ reason: 'its golden responses do not hold' }]);
  expect(names()).toEqual(['a']);
});

test('a cold model that cannot be loaded is not served, and a later request tries again', async () => {
  const { repository, engine, use, time } = await open(2);
  const model = repository.find('a')!;
  engine.failNextLoad(new InputError('weights.safetensors is missing\n    at read (a.js:1)'));
  await expect(use('a')).rejects.toThrow(
    new ModelUnavailableError('a/1 is not served: weights.safetensors is missing'),
  );
  expect(repository.find('a')).toBeUndefined();
  expect(repository.unusable).toEqual([
    { name: 'a', version: 1, reason: 'weights.safetensors is missing' },
  ]);
  // Not in a loop: a moment passes before the next attempt.
  expect(await repository.retry('a', undefined, {})).toBeUndefined();
  expect(engine.loads).toHaveLength(1);
  time.now += 1000;
  engine.failNextLoad(new InputError('weights.safetensors became shorter while it was read'));
  expect(await repository.retry('a', 1, {})).toBeUndefined();
  expect(repository.unusable).toMatchObject([
    { reason: 'weights.safetensors became shorter while it was read' },
  ]);
  time.now += 1000;
  expect(await repository.retry('b', undefined, {})).toBeUndefined();
  const attempts = await Promise.all([
    repository.retry('a', undefined, {}),
    repository.retry('a', 1, {}),
  ]);
  expect(attempts).toEqual([model, model]);
  expect(engine.loads).toHaveLength(3);
  expect(repository.find('a')).toBe(model);
  expect(repository.unusable).toEqual([]);
});

test('a request that tries again loads what the model has been replaced with', async () => {
  const { repository, engine, use, time } = await open(2);
  const replaced = await writeCard(models, 'a', 1, 'spikes');
  engine.failNextLoad(new InputError('card.json changed while it was loaded'));
  await expect(use('a')).rejects.toThrow('card.json changed');
  time.now += 1000;
  expect((await repository.retry('a', undefined, {}))?.digest).toBe(replaced);
  expect(repository.find('a')?.digest).toBe(replaced);
});

test('a poll does not wait for models that are being loaded', async () => {
  const { repository, engine, use } = await open(2);
  engine.holdLoads();
  const loading = use('a');
  await writeCard(models, 'd', 1);
  await repository.poll();
  expect(repository.find('d')?.name).toBe('d');
  engine.openLoads();
  await loading;
});

test('a model whose engine ended while it loaded is still served', async () => {
  const { repository, engine, use } = await open(2);
  for (const _ of [1, 2]) engine.failNextLoad(new EngineLostError('it was killed'));
  await expect(use('a')).rejects.toThrow(EngineLostError);
  expect(repository.unusable).toEqual([]);
  expect(await use('a')).toBeGreaterThanOrEqual(0);
});

test('an older version answers for a newer one that cannot be loaded', async () => {
  await writeCard(models, 'a', 2);
  const { repository, engine, use } = await open(2);
  engine.failNextLoad(new InputError('no'));
  await expect(use('a')).rejects.toThrow('a/2 is not served: no');
  expect(repository.find('a')?.version).toBe(1);
});

test('a model that was unloaded, or whose card is broken, is not loaded for a request', async () => {
  await breakCard(models, 'b', 1);
  const { repository, time } = await open(2);
  await repository.unload('a');
  time.now += 10_000;
  expect(await repository.retry('a', undefined, {})).toBeUndefined();
  expect(await repository.retry('b', 1, {})).toBeUndefined();
  expect(await repository.load('a')).toBe(true);
  expect(repository.find('a')?.name).toBe('a');
});
