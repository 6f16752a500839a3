import { mkdir, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import fc from 'fast-check';
import { pino } from 'pino';
import { beforeEach, expect, test } from 'vitest';
import type { ModelRepository } from '../../src/inference/catalogue.js';
import { createModelRepository } from '../../src/inference/model-repository.js';
import { createFolderSource } from '../../src/models/folder-source.js';
import { breakCard, removeVersion, writeCard } from '../support/card-folders.js';
import { createFakeEngine, type FakeEngine } from '../support/fake-engine.js';
import { temporaryFolder } from '../support/store.js';

const logger = pino({ level: 'silent' });

let models = '';
beforeEach(async () => {
  models = await temporaryFolder();
});

async function open(engine: FakeEngine = createFakeEngine()) {
  const repository = createModelRepository({ source: createFolderSource(models), engine, logger });
  await repository.reload();
  return { repository, engine };
}

const listed = ({ served, unusable }: ModelRepository) => [
  ...served.map(({ name, version }) => `${name}/${version}`),
  ...unusable.map(({ name, version, reason }) => `${name}/${version}: ${reason}`),
];

test('several versions are served, and the largest answers when none is named', async () => {
  for (const version of [2, 10, 9]) await writeCard(models, 'v1', version);
  await writeCard(models, 'mt', 1);
  await mkdir(path.join(models, '.hidden', '1'), { recursive: true });
  await writeFile(path.join(models, 'notes.txt'), '');
  const { repository } = await open();
  expect(listed(repository)).toEqual(['mt/1', 'v1/2', 'v1/9', 'v1/10']);
  expect(repository.find('v1')?.version).toBe(10);
  expect(repository.find('v1', 9)?.version).toBe(9);
  expect(repository.find('v1', 3)).toBeUndefined();
});

test('a load serves the versions that are in the folder at that time', async () => {
  await writeCard(models, 'v1', 1);
  const { repository, engine } = await open();
  const [second, third] = [await writeCard(models, 'v1', 2), await writeCard(models, 'v1', 3)];
  await writeCard(models, 'mt', 1);
  expect(await repository.load('v1')).toBe(true);
  expect(listed(repository)).toEqual(['v1/1', 'v1/2', 'v1/3']);
  await removeVersion(models, 'v1', 1);
  const changed = await writeCard(models, 'v1', 3, 'spikes');
  await repository.load('v1');
  expect(listed(repository)).toEqual(['v1/2', 'v1/3']);
  expect(repository.find('v1')?.digest).toBe(changed);
  expect(changed).not.toBe(third);
  expect([...engine.loaded]).toEqual([second, changed]);
});

test('a version that fails to load is listed with its reason while earlier versions are served', async () => {
  await writeCard(models, 'v1', 1);
  const { repository, engine } = await open();
  await breakCard(models, 'v1', 2);
  await repository.load('v1');
  expect(listed(repository)).toEqual(['v1/1', 'v1/2: card.json is not JSON']);
  await writeCard(models, 'v1', 2);
  engine.failNextLoad(new Error('its golden responses do not hold\n    at check (a.js:1)'));
  await repository.load('v1');
  expect(listed(repository)).toEqual(['v1/1', 'v1/2: its golden responses do not hold']);
  expect(repository.find('v1')?.version).toBe(1);
  await repository.load('v1');
  expect(listed(repository)).toEqual(['v1/1', 'v1/2']);
});

test('a version whose files break is still served, with the reason listed', async () => {
  const digest = await writeCard(models, 'v1', 1);
  const { repository } = await open();
  await breakCard(models, 'v1', 1);
  await repository.load('v1');
  expect(listed(repository)).toEqual(['v1/1', 'v1/1: card.json is not JSON']);
  expect(repository.find('v1')?.digest).toBe(digest);
});

test('an unloaded model stays with the engine until its last lease is released', async () => {
  const digest = await writeCard(models, 'v1', 1);
  const { repository, engine } = await open();
  const model = repository.find('v1')!;
  const [first, second] = [repository.hold(model), repository.hold(model)];
  expect(await repository.unload('v1')).toBe(true);
  expect(listed(repository)).toEqual(['v1/1: unloaded']);
  first();
  first();
  expect([...engine.loaded]).toEqual([digest]);
  second();
  await expect.poll(() => [...engine.loaded]).toEqual([]);
  expect(() => repository.hold(model)).toThrow('v1/1 is not served');
});

test('a model that a request asks for while a poll loads it is served from then on', async () => {
  const [engine, source] = [createFakeEngine(), createFolderSource(models)];
  let cards = 0;
  const readCard: typeof source.readCard = async (version) => {
    const card = await source.readCard(version);
    cards += 1;
    return card;
  };
  const repository = createModelRepository({ source: { ...source, readCard }, engine, logger });
  const digest = await writeCard(models, 'v1', 1);
  engine.holdLoads();
  const poll = repository.poll();
  await expect.poll(() => engine.loads).toEqual([digest]);
  const request = repository.retry('v1', undefined, {});
  await expect.poll(() => cards).toBe(2); // Both wait for the load from here on.
  engine.openLoads();
  expect((await request)?.digest).toBe(digest);
  await poll;
  const model = repository.find('v1')!;
  repository.hold(model)();
  expect([...engine.loaded]).toEqual([digest]);
});

test('a model that is unloaded and loaded again while it is leased never leaves the engine', async () => {
  await writeCard(models, 'v1', 1);
  const { repository, engine } = await open();
  const release = repository.hold(repository.find('v1')!);
  await repository.unload('v1');
  engine.failNextLoad(new Error('the engine has it'));
  await repository.load('v1');
  expect(listed(repository)).toEqual(['v1/1']);
  release();
  await repository.reload();
  expect(listed(repository)).toEqual(['v1/1']);
  expect(engine.loaded.size).toBe(1);
});

test('concurrent commands run in the order in which they were sent', async () => {
  const { repository, engine } = await open();
  await writeCard(models, 'v1', 1);
  expect(await Promise.all([repository.load('v1'), repository.unload('v1')])).toEqual([true, true]);
  expect(listed(repository)).toEqual(['v1/1: unloaded']);
  expect(engine.loaded.size).toBe(0);
});

test('a reload serves what a start would, unloaded models included and deleted ones excluded', async () => {
  await writeCard(models, 'v1', 1);
  await writeCard(models, 'mt', 1);
  await breakCard(models, 'v4', 1);
  const { repository, engine } = await open();
  await repository.unload('v1');
  await rm(path.join(models, 'mt'), { recursive: true });
  await rm(path.join(models, 'v4'), { recursive: true });
  await repository.reload();
  expect(listed(repository)).toEqual(['v1/1']);
  expect(engine.loaded.size).toBe(1);
});

test('when the models folder cannot be read, the same models are still served', async () => {
  await writeCard(models, 'v1', 1);
  const { repository } = await open();
  await rm(models, { recursive: true });
  await expect(repository.reload()).rejects.toThrow('ENOENT');
  await expect(repository.load('v1')).rejects.toThrow('ENOENT');
  expect(listed(repository)).toEqual(['v1/1']);
  await mkdir(models);
});

test('only names of folders in the models folder are accepted', async () => {
  const outside = path.join(models, 'outside');
  models = path.join(models, 'models');
  await writeCard(models, 'v1', 1);
  await writeCard(outside, 'v1', 1);
  await mkdir(path.join(models, '.hidden', '1'), { recursive: true });
  const { repository, engine } = await open();
  for (const name of ['', '.', '..', '../outside', '../outside/v1', 'v1/1', 'v1/', '.hidden']) {
    expect(await repository.load(name)).toBe(false);
    expect(await repository.unload(name)).toBe(false);
  }
  expect(listed(repository)).toEqual(['v1/1']);
  expect(engine.loaded.size).toBe(1);
  models = path.dirname(models);
});

test('a model that the engine lost is listed with the reason', async () => {
  const digest = await writeCard(models, 'v1', 1);
  const { repository } = await open();
  const release = repository.hold(repository.find('v1')!);
  repository.lose(digest, 'card.json changed\nwhile it was loaded');
  expect(listed(repository)).toEqual(['v1/1: card.json changed while it was loaded']);
  release();
  await repository.load('v1');
  expect(listed(repository)).toEqual(['v1/1']);
});

test('subscribers are notified of every change', async () => {
  await writeCard(models, 'v1', 1);
  const engine = createFakeEngine();
  let reported: string[] = [];
  const repository = createModelRepository({
    source: createFolderSource(models),
    engine,
    logger,
    onChange: () => {
      reported = listed(repository);
    },
  });
  await repository.reload();
  expect(reported).toEqual(['v1/1']);
  await repository.unload('v1');
  expect(reported).toEqual(['v1/1: unloaded']);
});

const version = fc.integer({ min: 1, max: 3 });
const step = fc.oneof(
  fc.record({ kind: fc.constant('write'), version, unit: fc.constantFrom('a', 'b') }),
  fc.record({ kind: fc.constantFrom('break', 'remove', 'hold', 'release', 'lose'), version }),
  fc.record({ kind: fc.constantFrom('load', 'unload', 'reload', 'fail') }),
);

test('after any sequence of events the engine has exactly the served and leased models', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 25 }), async (steps) => {
      await writeCard(models, 'v1', 1);
      const { repository, engine } = await open();
      const held: { readonly digest: string; readonly release: () => void }[] = [];
      const lost = new Set<string>();
      const pending: Promise<unknown>[] = [];
      for (const { kind, version = 1, unit } of steps as {
        kind: string;
        version?: number;
        unit?: string;
      }[]) {
        const model = repository.find('v1', version);
        if (kind === 'write') await writeCard(models, 'v1', version, unit);
        else if (kind === 'break') await breakCard(models, 'v1', version);
        else if (kind === 'remove') await removeVersion(models, 'v1', version);
        else if (kind === 'load') pending.push(repository.load('v1'));
        else if (kind === 'unload') pending.push(repository.unload('v1'));
        else if (kind === 'reload') pending.push(repository.reload());
        else if (kind === 'fail') engine.failNextLoad(new Error('no'));
        else if (kind === 'release') held.shift()?.release();
        else if (model && kind === 'hold') {
          held.push({ digest: model.digest, release: repository.hold(model) });
        } else if (model && kind === 'lose') {
          // The engine has restarted without the model.
          await engine.unload(model.digest);
          repository.lose(model.digest, 'lost');
          lost.add(model.digest);
        }
        // Requests find every model that is listed as served.
        for (const { digest } of repository.served) expect(engine.loaded).toContain(digest);
        for (const { digest } of held) {
          if (!lost.has(digest)) expect(engine.loaded).toContain(digest);
        }
      }
      await Promise.all(pending);
      for (const { release } of held) release();
      // This runs after the commands that the releases began.
      await repository.unload('nothing');
      const served = repository.served.map(({ digest }) => digest);
      expect([...engine.loaded].toSorted()).toEqual(served.toSorted());
      const versions = repository.served.map(({ version }) => version);
      expect(new Set(versions).size).toBe(versions.length);
      await rm(path.join(models, 'v1'), { recursive: true, force: true });
    }),
    { numRuns: 60 },
  );
});
