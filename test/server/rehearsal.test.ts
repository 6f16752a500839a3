import { expect, test } from 'vitest';
import type { ModelSource } from '../../src/models/model-source.js';
import type { BodyDecoder } from '../../src/server/body/body-decoder.js';
import { rehearse } from '../../src/server/rehearsal.js';
import { createTestApp } from '../support/app.js';
import { tinyModel } from '../support/cards.js';
import { fixedRepository } from '../support/fixed-repository.js';

/** Requests of each kind that the engine answers: two over HTTP and one on a stream, three times each. */
const WITH_ENGINE = 9;

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
  const { card, digest } = served[0]!;
  const versions = isLoaded ? [{ name: 'tiny', version: 1, stamp: 'first' }] : [];
  const source: ModelSource = {
    list: async () => ({ names: ['tiny'], versions, broken: [], unreadable: [] }),
    lastVersion: async () => 1,
    readCard: async () => ({ card, digest }),
    localFolder: () => Promise.reject(new Error('no file is needed')),
  };
  return { ...parts, options: { scheduling, source, loaded: Promise.resolve() } };
}

test('most requests are answered while the models are loaded, a few by the engine, and nothing counts them', async () => {
  const { app, deps, engine, service, options, log } = setUp(true);
  // Without the reading itself, which is a request too.
  const readCounters = async () => {
    const text = await (await app.request('/metrics')).text();
    const lines = text.split('\n').filter((line) => /^hypercolumn_\w+_(total|count)\b/.test(line));
    return lines.filter((line) => !line.startsWith('hypercolumn_http_request'));
  };
  const before = await readCounters();
  log.length = 0;
  let decoded = 0;
  const decoder: BodyDecoder = {
    ...deps.decoder,
    stimuli: (...request) => {
      decoded += 1;
      if (decoded === 24) load();
      return deps.decoder.stimuli(...request);
    },
  };
  let load = () => {};
  const loaded = new Promise<void>((resolve) => {
    load = resolve;
  });
  await rehearse({ ...deps, decoder }, service, { ...options, loaded });
  expect(decoded).toBe(24 + 6);
  expect(engine.requests).toHaveLength(WITH_ENGINE);
  expect(log).toEqual([]);
  expect(await readCounters()).toEqual(before);
  expect(before.length).toBeGreaterThan(5);
});

test('where the models are loaded first, the engine answers all the same', async () => {
  const { deps, engine, service, options } = setUp(true);
  await rehearse(deps, service, options);
  expect(engine.requests).toHaveLength(WITH_ENGINE);
});

test('none is sent where there is no model', async () => {
  const { deps, engine, service, options } = setUp(false);
  await rehearse(deps, service, options);
  expect(engine.requests).toHaveLength(0);
});

test('none is sent where the models cannot be loaded', async () => {
  const { deps, service, options } = setUp(false);
  const loaded = Promise.reject(new Error('broken'));
  await expect(rehearse(deps, service, { ...options, loaded })).resolves.toBeUndefined();
});

test('an engine that fails ends it with the status of the answer', async () => {
  const { deps, service, options } = setUp(true);
  const scheduling = {
    ...options.scheduling,
    engine: { respond: () => Promise.reject(new Error('broken')) },
  };
  await expect(rehearse(deps, service, { ...options, scheduling })).rejects.toThrow(
    'a request was answered 500',
  );
});

test('a stream that the service closes ends it too', async () => {
  const { deps, engine, service, options } = setUp(true);
  let requests = 0;
  const scheduling: typeof options.scheduling = {
    ...options.scheduling,
    engine: {
      ...engine,
      // A bug closes the stream, which follows six requests.
      respond: (request) =>
        ++requests > 6 ? Promise.reject(new Error('broken')) : engine.respond(request),
    },
  };
  const rehearsal = rehearse(deps, service, { ...options, scheduling });
  await expect(rehearsal).rejects.toMatchObject({
    cause: { message: 'a stream was closed with 1011' },
  });
});
