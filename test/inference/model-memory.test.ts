import { setImmediate } from 'node:timers/promises';
import fc from 'fast-check';
import { pino } from 'pino';
import { expect, test } from 'vitest';
import {
  ClientDisconnectedError,
  DeadlineError,
  InputError,
  ModelUnavailableError,
} from '../../src/errors.js';
import type { ServedModel } from '../../src/inference/catalogue.js';
import { createModelMemory } from '../../src/inference/model-memory.js';
import { tinyModel } from '../support/cards.js';
import { createFakeEngine } from '../support/fake-engine.js';

const NAMES = ['a', 'b', 'c', 'd', 'e'] as const;
type Name = (typeof NAMES)[number];

const logger = pino({ level: 'silent' });

/** A memory for so many models, which take one byte each, apart from those of other `sizes`. */
function open(
  capacity: number,
  sizes: Partial<Record<Name, number>> = {},
  roomPatience = 10,
  fetchFiles: (name: string) => Promise<void> = async () => {},
) {
  const engine = createFakeEngine();
  const events: string[] = [];
  const memory = createModelMemory({
    engine,
    source: {
      async localFolder({ name }) {
        await fetchFiles(name);
        return 'nowhere';
      },
    },
    capacity,
    bytesOf: ({ name }) => sizes[name as Name] ?? 1,
    logger,
    clock: () => performance.now(),
    roomPatience,
    events: {
      load: (_, isLoaded) => events.push(isLoaded ? 'load' : 'failure'),
      eviction: () => events.push('eviction'),
    },
  });
  const models = Object.fromEntries(
    NAMES.map((name) => [name, { ...tinyModel(name, 1), digest: name }]),
  ) as Record<Name, ServedModel>;
  for (const model of Object.values(models)) memory.add(model, false);
  /** Loads a model for a request that is over immediately. */
  const use = async (name: Name) => {
    const release = memory.hold(models[name]);
    try {
      return await memory.load(models[name], {});
    } finally {
      release();
    }
  };
  return { memory, engine, models, events, use };
}

test('the model that was used least recently makes room', async () => {
  const { use, engine, memory, events } = open(2);
  expect(await use('a')).toBe(true);
  await use('b');
  expect(await use('a')).toBe(false);
  await use('c');
  expect([...engine.loaded].toSorted()).toEqual(['a', 'c']);
  expect([memory.count, memory.bytes]).toEqual([2, 2]);
  expect(events).toEqual(['load', 'load', 'eviction', 'load']);
});

test('a model whose files are slow to come holds up no other', async () => {
  let deliver = () => {};
  const delivered = new Promise<void>((resolve) => {
    deliver = resolve;
  });
  const { use, engine } = open(1, {}, 10, async (name) => {
    if (name === 'a') await delivered;
  });
  const slow = use('a');
  await use('b');
  expect([...engine.loaded]).toEqual(['b']);
  deliver();
  await slow;
  expect([...engine.loaded]).toEqual(['a']);
});

test('several models make room for a large one, and a pinned one stays', async () => {
  const { use, engine, memory, models } = open(3, { d: 2 });
  memory.add(models.a, true);
  for (const name of ['a', 'b', 'c', 'd'] as const) await use(name);
  expect([...engine.loaded].toSorted()).toEqual(['a', 'd']);
});

test('a model in use stays loaded, and a cold one waits until another is released', async () => {
  const { use, engine, memory, models } = open(2, {}, 10_000);
  const [first, second] = [memory.hold(models.a), memory.hold(models.b)];
  await memory.load(models.a, {});
  await memory.load(models.b, {});
  const waiting = use('c');
  await setImmediate();
  expect([...engine.loaded]).toEqual(['a', 'b']);
  second();
  expect(await waiting).toBe(true);
  expect([...engine.loaded].toSorted()).toEqual(['a', 'c']);
  first();
});

test('a cold model that finds no room says so, and others are loaded after it', async () => {
  const { use, memory, models } = open(2, { c: 2 });
  const release = memory.hold(models.a);
  await memory.load(models.a, {});
  await expect(use('c')).rejects.toThrow(
    new ModelUnavailableError(
      'no memory for c/1 now: the models in use leave 1 bytes of MODEL_MEMORY=2; expected 2',
    ),
  );
  expect(await use('b')).toBe(true);
  release();
  expect(await use('c')).toBe(true);
});

test('a model that is larger than the memory is not loaded', async () => {
  const { use, engine } = open(2, { a: 3 });
  await expect(use('a')).rejects.toThrow(
    new InputError('too little memory for a/1: it takes 3 bytes; expected at most MODEL_MEMORY=2'),
  );
  expect(engine.loads).toEqual([]);
});

test('concurrent requests share one load, and one model is loaded at a time', async () => {
  const { use, engine } = open(5);
  engine.holdLoads();
  const loads = [use('a'), use('b'), use('a'), use('a')];
  await setImmediate();
  expect(engine.loads).toEqual(['a']);
  engine.openLoads();
  expect(await Promise.all(loads)).toEqual([true, true, true, true]);
  expect(engine.loads).toEqual(['a', 'b']);
});

test('a request that goes away or is late does not wait, and the load goes on', async () => {
  const { engine, memory, models, use } = open(5);
  engine.holdLoads();
  const release = memory.hold(models.a);
  const client = new AbortController();
  const gone = memory.load(models.a, { signal: client.signal });
  const late = memory.load(models.a, { deadline: performance.now() + 1 });
  client.abort();
  await expect(gone).rejects.toThrow(ClientDisconnectedError);
  await expect(late).rejects.toThrow(DeadlineError);
  const patient = memory.load(models.a, { deadline: 1e15 });
  engine.openLoads();
  expect(await patient).toBe(true);
  release();
  expect(await use('a')).toBe(false);
  expect(engine.loads).toEqual(['a']);
});

test('a load does not begin when no request waits for it', async () => {
  const { engine, memory, models, use } = open(5);
  engine.holdLoads();
  const first = use('a');
  const client = new AbortController();
  const gone = memory.load(models.b, { signal: client.signal });
  client.abort();
  await expect(gone).rejects.toThrow(ClientDisconnectedError);
  engine.openLoads();
  await first;
  await memory.settle();
  expect(engine.loads).toEqual(['a']);
  expect(await use('b')).toBe(true);
});

test('a failed load leaves its room, and the next request tries again', async () => {
  const { engine, use, memory, events } = open(1);
  engine.failNextLoad(new InputError('weights.safetensors is missing'));
  const answers = await Promise.allSettled([use('a'), use('a')]);
  expect(answers.map(({ status }) => status)).toEqual(['rejected', 'rejected']);
  expect([engine.loads, memory.bytes]).toEqual([['a'], 0]);
  expect(await use('a')).toBe(true);
  expect(events).toEqual(['failure', 'load']);
});

const step = fc.record({
  kind: fc.constantFrom('use', 'hold', 'release', 'retire', 'add', 'fail', 'lose'),
  name: fc.constantFrom(...NAMES),
});

test('in any sequence of events, memory stays within bounds and no held model is unloaded', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(step, { maxLength: 40 }),
      fc.integer({ min: 3, max: 7 }),
      async (steps, capacity) => {
        const sizes = { a: 1, b: 2, c: 3, d: 1, e: 2 };
        const { memory, engine, models, use } = open(capacity, sizes, 0);
        const held: { name: Name; isLoaded: boolean; release: () => void }[] = [];
        const check = () => {
          const sum = [...engine.loaded].reduce((all, name) => all + sizes[name as Name], 0);
          expect(memory.bytes).toBe(sum);
          expect(sum).toBeLessThanOrEqual(capacity);
          for (const { name, isLoaded } of held)
            if (isLoaded) expect(engine.loaded).toContain(name);
        };
        for (const { kind, name } of steps) {
          if (kind === 'fail') engine.failNextLoad(new Error('no'));
          else if (kind === 'add') memory.add(models[name], false);
          else if (kind === 'retire') memory.retire(name);
          else if (kind === 'release') held.shift()?.release();
          else if (kind === 'lose' && !held.some((other) => other.name === name)) {
            await engine.unload(name);
            memory.lose(name);
          } else if (kind === 'use') {
            await use(name).catch(() => undefined); // retired, failed, or no room
          } else if (kind === 'hold') {
            try {
              const release = memory.hold(models[name]);
              const isLoaded = await memory.load(models[name], {}).then(
                () => true,
                () => false,
              );
              held.push({ name, isLoaded, release });
            } catch (error) {
              expect(String(error)).toContain('is not served');
            }
          }
          await memory.settle();
          check();
        }
        for (const { release } of held) release();
        for (const name of NAMES) memory.retire(name);
        await memory.settle();
        expect([engine.loaded.size, memory.count, memory.bytes]).toEqual([0, 0, 0]);
      },
    ),
    { numRuns: 100 },
  );
});
