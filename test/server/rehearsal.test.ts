import { expect, test } from 'vitest';
import { rehearse } from '../../src/server/rehearsal.js';
import { createTestApp } from '../support/app.js';
import { tinyModel } from '../support/cards.js';
import { fixedRepository } from '../support/fixed-repository.js';

function setUp(isLoaded: boolean) {
  const served = [tinyModel('tiny', 1)];
  const catalogue = { ...fixedRepository(served, []), isLoaded: () => isLoaded };
  const parts = createTestApp({ served, catalogue });
  const { engine, time } = parts;
  const scheduling = {
    engine,
    capacity: 100,
    chunk: 8,
    sweepMilliseconds: 40,
    clock: () => time.now,
  };
  return { ...parts, scheduling };
}

test('requests of each kind are answered, and nothing counts them', async () => {
  const { app, deps, engine, service, scheduling, log } = setUp(true);
  // Without the reading itself, which is a request too.
  const readCounters = async () => {
    const text = await (await app.request('/metrics')).text();
    const lines = text.split('\n').filter((line) => /^hypercolumn_\w+_(total|count)\b/.test(line));
    return lines.filter((line) => !line.startsWith('hypercolumn_http_request'));
  };
  const before = await readCounters();
  log.length = 0;
  await rehearse(deps, service, scheduling);
  expect(engine.requests).toHaveLength(36);
  expect(log).toEqual([]);
  expect(await readCounters()).toEqual(before);
  expect(before.length).toBeGreaterThan(5);
});

test('none is sent where no model is loaded', async () => {
  const { deps, engine, service, scheduling } = setUp(false);
  await rehearse(deps, service, scheduling);
  expect(engine.requests).toHaveLength(0);
});

test('an engine that fails ends it with the status of the answer', async () => {
  const { deps, service, scheduling } = setUp(true);
  const engine = { respond: () => Promise.reject(new Error('broken')) };
  await expect(rehearse(deps, service, { ...scheduling, engine })).rejects.toThrow(
    'a request was answered 500',
  );
});
