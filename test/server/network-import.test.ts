import { readdir } from 'node:fs/promises';
import { request } from 'node:http';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, test as testAnywhere } from 'vitest';
import { QueueFullError } from '../../src/errors.js';
import { encodeNpy } from '../../src/formats/npy.js';
import { NetworkDescription } from '../../src/imports/description.js';
import { createNetworkImports } from '../../src/imports/network-imports.js';
import { createFolderSource } from '../../src/models/folder-source.js';
import { openModelPlace } from '../../src/models/publish-next.js';
import { createTestApp } from '../support/app.js';
import { testWith } from '../support/capabilities.js';
import { AWS, modelPlaces } from '../support/model-places.js';
import {
  NETWORK,
  NETWORK_CARD,
  type NetworkFields,
  networkForm,
} from '../support/network-forms.js';
import { networkFile } from '../support/networks.js';
import { s3ForTests } from '../support/s3.js';
import { temporaryFolder } from '../support/store.js';
import { detailOf } from '../support/stored-sets.js';
import { constantModelFolder, startTestService } from '../support/test-service.js';

const ENTRY = fileURLToPath(new URL('../../dist/src/imports/measuring-worker.js', import.meta.url));
const PLACE = '/v1/models/net/import';

const post = (fields?: NetworkFields): RequestInit => ({
  method: 'POST',
  body: networkForm(fields),
});

/** An app that publishes in a folder. */
async function openApp() {
  const [scratch, models] = [await temporaryFolder(), await temporaryFolder()];
  const place = openModelPlace(models, AWS, createFolderSource(models));
  const imports = createNetworkImports({ scratch, place, entry: ENTRY });
  const { app } = createTestApp({ imports, limits: { maxBody: 2 ** 20 } });
  return { app, scratch, models };
}

/** The responses of the model to an image of one value: `linear` of the network. */
async function respond(url: string, value: number): Promise<unknown> {
  const answer = await fetch(`${url}/v1/models/net/responses`, {
    method: 'POST',
    headers: { 'Content-Type': 'application/x-npy' },
    body: new Uint8Array(encodeNpy(new Float32Array(24).fill(value), [4, 6])),
  });
  return ((await answer.json()) as { responses: unknown }).responses;
}

describe('a service that imports', () => {
  testAnywhere(
    'serves each network as the next version of its name, and another service finds it',
    async () => {
      const MODELS_DIR = await constantModelFolder();
      const first = await startTestService({ MODELS_DIR, ENGINE: 'onnx', ALLOW_IMPORT: '1' });
      const second = await startTestService({ MODELS_DIR, ENGINE: 'onnx', MODELS_POLL: '1' });
      const send = async () => {
        const answer = await fetch(first.url + PLACE, post());
        return { answer, body: (await answer.json()) as { version: number; digest: string } };
      };
      const { answer, body } = await send();
      expect(body).toEqual({
        ...{ name: 'net', version: 1, digest: expect.stringMatching(/^[0-9a-f]{64}$/) },
        ...{ ready: true, warnings: [] },
      });
      expect([answer.status, answer.headers.get('Location')]).toEqual([
        201,
        '/v1/models/net/versions/1',
      ]);
      const card = await fetch(first.url + answer.headers.get('Location'));
      expect(await card.json()).toMatchObject({ digest: body.digest, training: NETWORK_CARD });
      expect(await respond(first.url, 0.5)).toEqual([[12, 0.5]]);

      const both = await Promise.all([send(), send()]);
      expect(both.map((each) => each.body.version).toSorted()).toEqual([2, 3]);
      await expect.poll(() => respond(second.url, 0.25)).toEqual([[6, -0.25]]);
      expect(await detailOf(fetch(second.url + PLACE, post()))).toBe(
        '403 this service imports no networks: ALLOW_IMPORT=0; expected 1',
      );
    },
  );

  testAnywhere('says why its engine does not serve the network', async () => {
    const service = await startTestService({ ALLOW_IMPORT: '1' });
    const answer = await fetch(service.url + PLACE, post());
    expect([answer.status, await answer.json()]).toEqual([
      201,
      expect.objectContaining({
        ready: false,
        reason: expect.stringContaining('only the engine onnx computes it'),
      }),
    ]);
  });

  testAnywhere('leaves nothing of a client that leaves while it sends', async () => {
    const MODELS_DIR = await constantModelFolder();
    const TMPDIR = await temporaryFolder();
    const service = await startTestService({ MODELS_DIR, TMPDIR, ALLOW_IMPORT: '1' });
    const sending = request(service.url + PLACE, {
      method: 'POST',
      headers: { 'Content-Type': 'multipart/form-data; boundary=b', 'Content-Length': '100000' },
    });
    sending.on('error', () => {});
    await new Promise((written) => sending.write('--b\r\n', written));
    sending.destroy();
    await expect.poll(service.stderr).toContain('"status":499');
    expect([await readdir(TMPDIR), await readdir(MODELS_DIR)]).toEqual([[], ['constant']]);
  });
});

for (const { name, needs, open } of modelPlaces(s3ForTests())) {
  testWith(needs)(`imports are published to ${name}`, async () => {
    const { publish, source, seen } = await open();
    const imports = createNetworkImports({
      scratch: await temporaryFolder(),
      place: { models: source, publish },
      entry: ENTRY,
    });
    const description = NetworkDescription.parse(NETWORK_CARD);
    const received = await imports.receive({ network: NETWORK });
    const { signal } = new AbortController();
    const { saved } = await received.publish({ name: 'lab', description }, signal);
    expect(await seen()).toEqual([saved.digest]);
  });
}

describe('an import is rejected with the reason', () => {
  testAnywhere.each<[string, NetworkFields, RegExp | string]>([
    ['no network', { network: undefined }, '422 network: is missing; expected an .onnx file'],
    [
      'no card',
      { card: undefined },
      '422 card: is missing; expected JSON with at least "source" and "license"',
    ],
    ['a card without a source', { card: '{"license": "x"}' }, /^422 card.source: /],
    ['a card that is not JSON', { card: '{' }, /^400 card is not JSON/],
    [
      'another file',
      { weights: 'x' },
      '422 weights: is no file of an import; expected network, card, gradient',
    ],
    [
      'a network that is none',
      { network: 'x' },
      '422 it is not an .onnx file, or only a part of one',
    ],
    [
      'a network of three axes',
      { network: new Uint8Array(networkFile({ shape: [1, 4, 6] })) },
      '422 wrong shape of the input image: [1, 4, 6]; expected [N, C, H, W] or [N, H, W, C]',
    ],
    [
      'a gradient that is none',
      { gradient: NETWORK },
      /^422 wrong inputs or outputs of the gradient; expected an image/,
    ],
    ['a large body', { gradient: new Uint8Array(2 ** 20) }, /^413 the body is larger than 1048576/],
  ])('%s', async (_, fields, expected) => {
    const { app, models, scratch } = await openApp();
    const found = await detailOf(app.request(PLACE, post(fields)));
    if (typeof expected === 'string') expect(found).toBe(expected);
    else expect(found).toMatch(expected);
    expect([await readdir(models), await readdir(scratch)]).toEqual([[], []]);
  });

  testAnywhere('another type, and a name that no model has', async () => {
    const { app } = await openApp();
    const headers = { 'Content-Type': 'application/octet-stream' };
    const answer = await app.request(PLACE, { method: 'POST', headers, body: NETWORK });
    expect(answer.headers.get('Accept-Post')).toBe('multipart/form-data');
    expect(await detailOf(answer)).toBe(
      '415 wrong Content-Type: application/octet-stream; expected multipart/form-data with the files network and card',
    );
    const named = app.request('/v1/models/-net/import', post());
    expect(await detailOf(named)).toMatch(/^422 model: must be 1 to 64 letters/);
  });
});

/** An app that keeps what it receives in no folder, and publishes nothing until the promise is settled. */
function heldApp() {
  let end = () => {};
  const held = new Promise<never>((_, reject) => {
    end = () => reject(new QueueFullError('the end'));
  });
  let measure = () => {};
  const measuring = new Promise<void>((resolve) => {
    measure = resolve;
  });
  const publish = () => {
    measure();
    return held;
  };
  const imports = { receive: async () => ({ publish, remove: async () => {} }) };
  return { ...createTestApp({ imports, limits: { maxBody: 2 ** 20 } }), measuring, end };
}

testAnywhere('a flood is rejected while four imports have not ended', async () => {
  const { app, end } = heldApp();
  const first = Array.from({ length: 4 }, () => app.request(PLACE, post()));
  const fifth = await app.request(PLACE, post());
  expect(fifth.headers.get('Retry-After')).toBe('10');
  expect(await detailOf(fifth)).toBe(
    '429 too many imports at the same time: 5; expected at most 4',
  );
  end();
  for (const each of first) expect(await detailOf(each)).toBe('429 the end');
  expect(await detailOf(app.request(PLACE, post()))).toBe('429 the end');
});

testAnywhere('the memory of a body is free while its network is measured', async () => {
  const { app, deps, measuring, end } = heldApp();
  const first = app.request(PLACE, post({ gradient: new Uint8Array(2 ** 19) }));
  await measuring;
  const { signal } = new AbortController();
  // All the memory that there is, for which this waits in turn.
  (await deps.bodies.enter(2 ** 20, { signal }))();
  end();
  expect((await first).status).toBe(429);
});

testAnywhere(
  'a client that leaves ends the process of its network, and the next one has its turn',
  async () => {
    const { app, models, scratch } = await openApp();
    const leaving = [new AbortController(), new AbortController()];
    const left = leaving.map(({ signal }) => app.request(PLACE, { ...post(), signal }));
    const stays = app.request(PLACE, post());
    await expect.poll(() => readdir(scratch)).toHaveLength(3);
    for (const each of leaving) each.abort();
    for (const each of left) expect((await each).status).toBe(499);
    expect(await (await stays).json()).toMatchObject({ version: 1 });
    expect([await readdir(path.join(models, 'net')), await readdir(scratch)]).toEqual([['1'], []]);
  },
);
