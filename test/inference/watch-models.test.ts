import { rename, rm, symlink } from 'node:fs/promises';
import path from 'node:path';
import { pino } from 'pino';
import { beforeEach, expect, test, vi } from 'vitest';
import { InputError, StorageError } from '../../src/errors.js';
import { createModelRepository } from '../../src/inference/model-repository.js';
import { watchModels } from '../../src/inference/watch-models.js';
import { createFolderSource } from '../../src/models/folder-source.js';
import { breakCard, removeVersion, writeCard } from '../support/card-folders.js';
import { createFakeEngine } from '../support/fake-engine.js';
import { temporaryFolder } from '../support/store.js';

let models = '';
beforeEach(async () => {
  models = await temporaryFolder();
  await writeCard(models, 'v1', 1);
});

async function open() {
  const engine = createFakeEngine();
  const source = createFolderSource(models);
  const reads: string[] = [];
  const log: Record<string, unknown>[] = [];
  const repository = createModelRepository({
    source: {
      ...source,
      readCard: (version) => {
        reads.push(`${version.name}/${version.version}`);
        return source.readCard(version);
      },
    },
    engine,
    logger: pino({}, { write: (line: string) => log.push(JSON.parse(line)) }),
  });
  await repository.reload();
  const served = () => repository.served.map(({ name, version }) => `${name}/${version}`);
  return { repository, engine, reads, served, log };
}

test('a poll reads only the cards of new and changed versions', async () => {
  const { repository, reads, served } = await open();
  await repository.poll();
  expect(reads.splice(0)).toEqual(['v1/1']);
  await writeCard(models, 'v1', 2);
  await writeCard(models, 'mt', 1);
  await repository.poll();
  expect(reads.splice(0)).toEqual(['mt/1', 'v1/2']);
  const changed = await writeCard(models, 'v1', 2, 'spikes');
  await removeVersion(models, 'v1', 1);
  await repository.poll();
  expect(reads).toEqual(['v1/2']);
  expect(served()).toEqual(['mt/1', 'v1/2']);
  expect(repository.find('v1')?.digest).toBe(changed);
  await rm(path.join(models, 'mt'), { recursive: true });
  await repository.poll();
  expect(served()).toEqual(['v1/2']);
});

test('a poll serves a card once it is whole, and logs the reason why it was not once', async () => {
  const { repository, served, log } = await open();
  await breakCard(models, 'v1', 2);
  await repository.poll();
  await repository.poll();
  expect(repository.unusable).toMatchObject([{ version: 2, reason: 'card.json is not JSON' }]);
  expect(log.filter(({ msg }) => msg === 'model is not served')).toHaveLength(1);
  await writeCard(models, 'v1', 2);
  await repository.poll();
  expect(served()).toEqual(['v1/1', 'v1/2']);
  expect(repository.unusable).toEqual([]);
});

test('a poll loads neither again what was unloaded nor what failed, until its files change', async () => {
  const { repository, engine, served } = await open();
  await repository.unload('v1');
  await writeCard(models, 'v1', 2);
  engine.failNextLoad(new InputError('weights.safetensors became shorter while it was read'));
  await repository.poll();
  await repository.poll();
  expect(served()).toEqual([]);
  expect(engine.loads).toHaveLength(2);
  await writeCard(models, 'v1', 2, 'spikes');
  await repository.poll();
  expect(served()).toEqual(['v1/2']);
});

test('a poll loads again what could not be loaded since S3 was away', async () => {
  const { repository, engine, served, log } = await open();
  await writeCard(models, 'v1', 2);
  for (const _ of [1, 2]) {
    const reason = { reason: 'it cannot be reached', isPassing: true };
    engine.failNextLoad(new StorageError('the weights cannot be read', reason, undefined));
    await repository.poll();
    expect(served()).toEqual(['v1/1']);
  }
  expect(log.filter(({ msg }) => msg === 'model is not served')).toHaveLength(1);
  await repository.poll();
  expect(served()).toEqual(['v1/1', 'v1/2']);
});

test('a poll follows the link that Kubernetes swaps', async () => {
  for (const [time, version] of [['..1', 1] as const, ['..2', 2] as const]) {
    await writeCard(path.join(models, time), 'mounted', version);
  }
  await symlink('..1', path.join(models, '..data'));
  await symlink('..data/mounted', path.join(models, 'mounted'));
  const { repository, served } = await open();
  expect(served()).toEqual(['mounted/1', 'v1/1']);
  await symlink('..2', path.join(models, '..data_tmp'));
  await rename(path.join(models, '..data_tmp'), path.join(models, '..data'));
  await repository.poll();
  expect(served()).toEqual(['mounted/2', 'v1/1']);
  expect(repository.find('mounted')?.version).toBe(2);
});

test('looks come in pauses that vary, and fewer where listing takes long', async () => {
  vi.useFakeTimers();
  let looks = 0;
  let took = 0;
  const randoms = [0, 1, 0.5];
  const stop = watchModels({
    catalogue: {
      poll: async () => {
        looks += 1;
        return took;
      },
    },
    seconds: 10,
    logger: pino({ level: 'silent' }),
    random: () => randoms.shift() ?? 0.5,
  });
  const after = async (milliseconds: number) => {
    await vi.advanceTimersByTimeAsync(milliseconds);
    return looks;
  };
  try {
    expect([await after(7_999), await after(1)]).toEqual([0, 1]);
    took = 1_000;
    expect([await after(11_999), await after(1)]).toEqual([1, 2]);
    took = 0;
    expect([await after(19_999), await after(1)]).toEqual([2, 3]);
    expect([await after(9_999), await after(1)]).toEqual([3, 4]);
    stop();
    expect(await after(100_000)).toBe(4);
  } finally {
    vi.useRealTimers();
  }
});

test('a folder that cannot be read for some time is reported once, and looked at again', async () => {
  vi.useFakeTimers();
  const log: string[] = [];
  const answers = [new Error('ENOENT'), new Error('ENOENT'), undefined, new Error('ENOENT')];
  const stop = watchModels({
    catalogue: {
      poll: async () => {
        const error = answers.shift();
        if (error) throw error;
        return 0;
      },
    },
    seconds: 1,
    logger: pino({}, { write: (line: string) => log.push(JSON.parse(line).msg) }),
  });
  try {
    await vi.advanceTimersByTimeAsync(8_000);
    expect(answers).toEqual([]);
    const away = 'MODELS_DIR cannot be read; what was served still is';
    const back = 'MODELS_DIR can be read again';
    expect(log).toEqual([away, back, away, back]);
  } finally {
    stop();
    vi.useRealTimers();
  }
});
