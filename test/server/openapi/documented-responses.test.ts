import { cp } from 'node:fs/promises';
import path from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { encodeNpy } from '../../../src/formats/npy.js';
import { networkForm } from '../../support/network-forms.js';
import { createContract, type Document } from '../../support/openapi.js';
import { type RunningService, startService } from '../../support/service.js';
import { sharedFolder } from '../../support/store.js';
import { postJson, type Send, smallSite, upload } from '../../support/training.js';

const JSON_TYPE = { 'Content-Type': 'application/json' };
const NPY_TYPE = { 'Content-Type': 'application/x-npy' };

const folder = sharedFolder();
let service: RunningService;
let contract: ReturnType<typeof createContract>;
let document: Document;
let model = '';
let npy = new Uint8Array();
let digest = '';
let job = '';
let asset = '';
let recording = '';
let dataset = '';

beforeAll(async () => {
  const MODELS_DIR = path.join(folder, 'models');
  await cp('models', MODELS_DIR, { recursive: true });
  service = await startService({
    DATA_DIR: folder,
    MODELS_DIR,
    ALLOW_TRAINING: '1',
    ALLOW_IMPORT: '1',
  });
  document = (await (await fetch(`${service.url}/openapi.json`)).json()) as Document;
  contract = createContract(document);
  const page = await fetch(service.url, { headers: { Accept: 'text/html' } });
  asset = /assets\/([\w.-]+\.js)/.exec(await page.text())![1]!;
  const { models } = (await (await fetch(`${service.url}/v1/models`)).json()) as {
    models: { name: string }[];
  };
  model = models[0]!.name;
  const card = (await (await fetch(`${service.url}/v1/models/${model}`)).json()) as {
    stimulus: { height: number; width: number };
  };
  const { height, width } = card.stimulus;
  const pixels = Float32Array.from(
    { length: 2 * height * width },
    (_, i) => ((i * 7919) % 97) / 96,
  );
  npy = new Uint8Array(encodeNpy(pixels, [2, height, width]));
  const stored = await fetch(`${service.url}/v1/stimulus-sets`, {
    method: 'PUT',
    body: npy,
    headers: NPY_TYPE,
  });
  digest = ((await stored.json()) as { digest: string }).digest;
  const started = await fetch(`${service.url}/v1/models/${model}/preferred-stimulus`, {
    method: 'POST',
    body: JSON.stringify({ neurons: [0], restarts: 2, steps: 2, stimulusSet: digest }),
    headers: JSON_TYPE,
  });
  job = ((await started.json()) as { id: string }).id;
  await (await fetch(`${service.url}/v1/jobs/${job}/events`)).text();
  ({ recording, dataset } = await storeDataset());
});
afterAll(() => service.child.kill('SIGKILL'));

/** Uploads a small recording, and makes a dataset of it. */
async function storeDataset() {
  const send: Send = (place, init) => fetch(service.url + place, init);
  const stored = await upload(send, await smallSite(path.join(folder, 'site')));
  const answer = await postJson(send, `/v1/recordings/${stored.digest}/ingest`, {});
  const { id } = (await answer.json()) as { id: string };
  await (await send(`/v1/jobs/${id}/events`)).text();
  const made = (await (await send('/v1/datasets')).json()) as { datasets: { digest: string }[] };
  return { recording: stored.digest, dataset: made.datasets[0]!.digest };
}

/** A request, under the path of the document, and the expected status of its response. */
interface DocumentedRequest {
  readonly status: number;
  readonly query?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: () => Uint8Array<ArrayBuffer> | string | FormData;
}

const get: DocumentedRequest = { status: 200 };
const stimuli: DocumentedRequest = {
  status: 200,
  body: () => npy,
  headers: NPY_TYPE,
  query: '?neurons=0-1',
};
const json = (value: unknown): DocumentedRequest => ({
  status: 200,
  body: () => JSON.stringify(value),
  headers: JSON_TYPE,
});
const as = (type: string, request: DocumentedRequest): DocumentedRequest => ({
  ...request,
  headers: { ...request.headers, Accept: type },
});
const rejected = (status: number, request: DocumentedRequest): DocumentedRequest => ({
  ...request,
  status,
});

const ofModel: Readonly<Record<string, readonly DocumentedRequest[]>> = {
  'GET /v1 ': [get, rejected(412, { ...get, headers: { 'If-Match': '"x"' } })],
  // One that is accepted would delete the model of the others.
  'DELETE /v1 ': [rejected(412, { ...get, headers: { 'If-Match': '"x"' } })],
  'GET /v1 /stream': [
    rejected(426, { ...get, query: '?dtype=uint8' }),
    rejected(400, get),
    rejected(422, { ...get, query: '?dtype=uint8&shape=1x1' }),
  ],
  'POST /v1 /responses': [
    stimuli,
    as('application/x-npy', stimuli),
    as('application/octet-stream', stimuli),
    as('text/csv', stimuli),
    rejected(400, { ...stimuli, query: '?neuron=1' }),
    rejected(422, { ...stimuli, query: '?neurons=99999' }),
    rejected(415, { ...stimuli, headers: { 'Content-Type': 'text/csv' } }),
    rejected(503, { ...stimuli, headers: { ...NPY_TYPE, 'X-Deadline-Ms': '0' } }),
    json({ stimuli: [{ grating: {} }], neurons: [0] }),
    {
      ...json({ stimulusSet: 'named below' }),
      body: () => JSON.stringify({ stimulusSet: digest }),
    },
  ],
  'POST /v1 /tuning/rank': [stimuli],
  'POST /v1 /tuning/peak': [stimuli],
  'POST /v1 /tuning/parametric': [
    json({ neurons: [0], values: [0, 45, 90, 135], parameter: 'orientation' }),
    json({
      neurons: [0],
      parameter: 'x',
      values: [-8, 0, 8],
      second: 'y',
      secondValues: [-8, 0, 8],
      stimulus: { disc: { diameter: 8 } },
    }),
    rejected(422, json({ parameter: 'colour' })),
  ],
  'POST /v1 /receptive-field': [
    json({ neurons: [0], x: [-10, 0, 10], y: [-10, 0, 10] }),
    as('application/x-npy', json({ neurons: [0], x: [-10, 0], y: [-10, 0] })),
    as('image/png', json({ neurons: [0], x: [-10, 0], y: [-10, 0] })),
  ],
  'GET /v1 /quick-measurement': [get],
  'POST /v1 /quick-measurement': [
    json({ neurons: [0] }),
    rejected(422, json({ neurons: [99_999] })),
  ],
  'POST /v1 /attention': [stimuli, as('application/x-npy', stimuli)],
  'POST /v1 /readout': [stimuli, as('application/x-npy', stimuli)],
  'POST /v1 /gradient': [stimuli, as('application/x-npy', stimuli), as('image/png', stimuli)],
  'POST /v1 /receptive-field/gradient': [stimuli],
  'POST /v1 /preferred-stimulus': [
    rejected(202, json({ neurons: [0], restarts: 2, steps: 2 })),
    rejected(422, json({ neurons: [0], pixels: [0.9, 1] })),
  ],
  'POST /v1 /characterize': [rejected(422, json({ neurons: [99_999] }))],
  'POST /v1 /stimuli': [
    { ...json({ grating: {} }), query: '' },
    as('application/x-npy', json({ gabor: {} })),
  ],
  'GET /v2 ': [get],
  'GET /v2 /ready': [get],
  'GET /v2 /config': [get],
  'GET /v2 /stats': [get],
  'POST /v2 /infer': [
    {
      status: 200,
      body: () => npy.slice(npy.length - 4 * 50 * 50),
      headers: { 'Inference-Header-Content-Length': '0' },
    },
    rejected(422, json({ inputs: [] })),
  ],
};

const NEW_RECORDING = { files: [{ name: 'a.nwb', bytes: 9, sha256: 'e'.repeat(64) }] };

/** The order matters: deleted or unloaded things are not requested again. */
const REQUESTS: readonly (readonly [string, readonly DocumentedRequest[]])[] = [
  ['GET /', [get, as('text/html', get)]],
  ['GET /assets/{asset}', [get]],
  ['GET /guide', [{ status: 302 }]],
  // The name of an asset of the page, which the guide does not have.
  ...['', '/chunks'].map(
    (place) => [`GET /guide/assets${place}/{asset}`, [rejected(404, get)]] as const,
  ),
  ...['/guide/', '/guide/{page}', '/docs', '/docs/{file}', '/openapi.json']
    .concat('/livez', '/readyz', '/metrics', '/v1/models')
    .map((place) => [`GET ${place}`, [get]] as const),
  ...Object.entries(ofModel).flatMap(([name, requests]) => {
    const [method, under, tail] = name.split(' ');
    return ['/models/{model}', '/models/{model}/versions/{version}'].map(
      (head) => [`${method} ${under}${head}${tail}`, requests] as const,
    );
  }),
  ['POST /v1/stimuli', [json({ grating: {} }), rejected(422, json({ grating: { size: 1 } }))]],
  ['PUT /v1/stimulus-sets', [stimuli].map((each) => ({ ...each, query: '' }))],
  ['GET /v1/stimulus-sets', [get]],
  ['GET /v1/stimulus-sets/{digest}', [get, as('application/x-npy', get)]],
  ['DELETE /v1/stimulus-sets/{digest}', [rejected(204, get), rejected(404, get)]],
  ['GET /v1/jobs', [get]],
  ['GET /v1/jobs/{id}', [get]],
  ['GET /v1/jobs/{id}/events', [get, { status: 204, headers: { 'Last-Event-ID': 'end' } }]],
  [
    'GET /v1/jobs/{id}/result',
    [
      get,
      as('application/x-npy', get),
      as('image/png', get),
      rejected(404, { ...get, query: '?part=other.npy' }),
    ],
  ],
  ['GET /v1/recipes', [get]],
  ['GET /v1/recordings', [get]],
  [
    'POST /v1/recordings',
    [rejected(201, json(NEW_RECORDING)), json(NEW_RECORDING), rejected(422, json({ files: [] }))],
  ],
  ['GET /v1/recordings/{digest}', [get]],
  [
    'PATCH /v1/recordings/{digest}/files/{file}',
    [
      { status: 200, body: () => '', headers: { 'Upload-Offset': '34688' } },
      rejected(409, { ...get, headers: { 'Upload-Offset': '1' } }),
      rejected(400, get),
    ],
  ],
  [
    'POST /v1/recordings/{digest}/ingest',
    [rejected(202, json({})), rejected(422, json({ window: 1 }))],
  ],
  ['GET /v1/datasets', [get]],
  ['GET /v1/datasets/{digest}', [get]],
  [
    'POST /v1/datasets/{digest}/train',
    [
      rejected(202, json({ name: 'mine', recipe: 'rf_cnn', epochs: 1 })),
      rejected(422, json({ name: '../x', recipe: 'rf_cnn' })),
      rejected(400, json({ name: 'mine', recipe: 'ff_cnn' })),
    ],
  ],
  [
    'POST /v1/datasets/{digest}/trials',
    [
      json({
        stimuli: [{ grating: {} }],
        trials: [{ id: 'a', stimulus: 0, neurons: [1], responses: [0.5], unit: 'as recorded' }],
      }),
      rejected(422, json({ trials: [] })),
    ],
  ],
  ['DELETE /v1/datasets/{digest}', [rejected(409, get)]],
  ['DELETE /v1/recordings/{digest}', [rejected(409, get)]],
  ['DELETE /v1/jobs/{id}', [rejected(204, get), rejected(404, get)]],
  ['GET /v2', [get]],
  ['GET /v2/', [get]],
  ['GET /v2/health/live', [get]],
  ['GET /v2/health/ready', [get]],
  ['GET /v2/models/stats', [get]],
  ['POST /v2/repository/index', [json({}), rejected(422, json({ ready: 1 }))]],
  ['POST /v2/repository/models/{model}/load', [json({})]],
  // The engine of this service does not load what is imported.
  [
    'POST /v1/models/{model}/import',
    [
      { status: 201, body: networkForm },
      { status: 422, body: () => networkForm({ network: 'none' }) },
      rejected(415, json({})),
    ],
  ],
  ['POST /v2/repository/models/{model}/unload', [json({})]],
];

test('every response matches the document', async () => {
  const found: string[] = [];
  for (const [name, requests] of REQUESTS) {
    const [method = '', pattern = ''] = name.split(' ');
    const own = pattern
      .replace('{model}', model)
      .replace('{version}', '1')
      .replace('recordings/{digest}', `recordings/${recording}`)
      .replace('datasets/{digest}', `datasets/${dataset}`)
      .replace('{digest}', digest)
      .replace('files/{file}', 'files/0')
      .replace('{file}', 'start.js')
      .replace('{asset}', asset)
      .replace('{page}', 'jobs.html')
      .replace('{id}', job);
    for (const { status, query = '', headers = {}, body } of requests) {
      const answer = await fetch(`${service.url}${own}${query}`, {
        method,
        headers,
        redirect: 'manual',
        ...(body ? { body: body() } : {}),
      });
      if (answer.status !== status) found.push(`${name}: ${answer.status}, not ${status}`);
      found.push(...(await contract.differences(method, pattern, answer)));
    }
  }
  expect(found).toEqual([]);
});

test('every documented operation is requested', () => {
  const documented = Object.entries(document.paths).flatMap(([where, item]) =>
    Object.keys(item).map((method) => `${method.toUpperCase()} ${where}`),
  );
  const requested = new Set(REQUESTS.map(([name]) => name));
  const advice = documented
    .filter((name) => !requested.has(name))
    .map((name) => `${name} is not requested; add a request to REQUESTS`);
  expect(advice).toEqual([]);
});
