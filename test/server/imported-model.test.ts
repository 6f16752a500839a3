import { execFileSync } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect } from 'vitest';
import { decodeNpy, encodeNpy } from '../../src/formats/npy.js';
import { pytorchExport, testWith } from '../support/capabilities.js';
import { greatestDifference } from '../support/numbers.js';
import { type RunningService, startService } from '../support/service.js';
import { sharedFolder } from '../support/store.js';
import { openStream } from '../support/stream-client.js';
import { startTestService } from '../support/test-service.js';

const WRITER = fileURLToPath(new URL('../imports/export_networks.py', import.meta.url));
const PYTORCH = pytorchExport();
const test = testWith(PYTORCH);

/** One network, imported with the graph of its gradient and without. */
const [SLOPE, PLAIN] = ['slope', 'plain'];
const IDS = [7, 3, 1, 0, 12];
const [HEIGHT, WIDTH] = [20, 24];

const folder = sharedFolder();
const at = (name: string) => path.join(folder, name);
let service: RunningService;
let npy: Uint8Array<ArrayBuffer>;
let pixels: Float32Array;
/** What PyTorch computes, [stimuli, neurons]. */
let expected: Float32Array;
let range = 0;

beforeAll(async () => {
  if (PYTORCH.missing !== null) return;
  execFileSync(PYTORCH.python, ['-W', 'ignore', WRITER, folder], { stdio: 'pipe' });
  service = await startService({
    ...{ MODELS_DIR: folder, DATA_DIR: at('data'), GRACE_SECONDS: '0' },
    ...{ ENGINE: 'onnx', ALLOW_IMPORT: '1' },
  });
  npy = new Uint8Array(await readFile(at('pixels.npy')));
  pixels = decodeNpy(npy).data as Float32Array;
  expected = decodeNpy(await readFile(at('gaussian.npy'))).data as Float32Array;
  range = Math.max(...expected) - Math.min(...expected);
  await importAs(PLAIN!, {});
  await importAs(SLOPE!, { gradient: 'gaussian-gradient.onnx' });
}, 300_000);
afterAll(() => service?.kill());

async function importAs(name: string, more: Readonly<Record<string, string>>): Promise<void> {
  const body = new FormData();
  const files = { network: 'gaussian.onnx', card: 'gaussian.json', ...more };
  for (const [field, file] of Object.entries(files)) {
    body.append(field, new Blob([new Uint8Array(await readFile(at(file)))]), file);
  }
  const place = `${service.url}/v1/models/${name}/import`;
  const answer = await fetch(place, { method: 'POST', body });
  expect(await answer.json()).toMatchObject({ name, ready: true, warnings: [] });
}

/** Sends stimuli, or JSON, to a route of a model. */
function send(model: string, route: string, body: object = npy, accept = 'application/json') {
  const isNpy = body === npy;
  return fetch(`${service.url}/v1/models/${model}/${route}`, {
    method: 'POST',
    headers: {
      'Content-Type': isNpy ? 'application/x-npy' : 'application/json',
      Accept: accept,
    },
    body: isNpy ? npy : JSON.stringify(body),
  });
}

async function answer(model: string, route: string, body?: object) {
  const response = await send(model, route, body);
  const text = await response.text();
  expect(response.status, `${route}: ${text}`).toBeLessThan(203);
  return JSON.parse(text);
}

/** The difference from what PyTorch computes, as a share of the range of the responses. */
function differenceOf(values: ArrayLike<number>): number {
  return greatestDifference(Float32Array.from(values), expected.subarray(0, values.length)) / range;
}

test('responses are those of PyTorch in JSON, npy, CSV, the stream and the protocol of Triton', async () => {
  const { neurons, responses } = await answer(PLAIN!, 'responses');
  expect(neurons).toEqual(IDS);
  const all: number[] = responses.flat();
  expect(all).toHaveLength(expected.length);
  expect(differenceOf(all)).toBeLessThan(1e-4);
  const binary = await send(PLAIN!, 'responses', npy, 'application/x-npy');
  expect([...decodeNpy(new Uint8Array(await binary.arrayBuffer())).data]).toEqual(all);
  const csv = await (await send(PLAIN!, 'responses?neurons=3', npy, 'text/csv')).text();
  const [head, row] = csv.split('\r\n').map((line) => line.split(','));
  expect([head!.slice(2), Number(row![2])]).toEqual([['3'], responses[0][1]]);

  const stream = await openStream(service.url, `${PLAIN}/stream?dtype=float32`);
  stream.send(pixels.slice(0, HEIGHT * WIDTH));
  expect([...(await stream.next()).responses]).toEqual(responses[0]);
  stream.socket.close();

  const data = [...pixels.subarray(0, HEIGHT * WIDTH)];
  const inputs = [{ name: 'stimulus', datatype: 'FP32', shape: [1, HEIGHT, WIDTH], data }];
  const inferred = await fetch(`${service.url}/v2/models/${PLAIN}/infer`, {
    method: 'POST',
    headers: { 'Content-Type': 'application/json' },
    body: JSON.stringify({ inputs }),
  });
  expect(await inferred.json()).toMatchObject({ outputs: [{ data: responses[0] }] });
});

test('tuning, maps and the characterization are measured', async () => {
  const tuning = await answer(PLAIN!, 'tuning/parametric?neurons=7', { parameter: 'orientation' });
  expect(tuning.neurons[0]).toMatchObject({ id: 7, indices: { gOSI: {} } });
  const map = await answer(PLAIN!, 'receptive-field', { neurons: [12], x: [-6, 0, 6], y: [-4, 4] });
  expect(map.neurons[0].map).toHaveLength(2);
  expect((await answer(PLAIN!, 'tuning/rank')).neurons).toHaveLength(IDS.length);
  const { id } = await answer(PLAIN!, 'characterize', { neurons: [0] });
  const job = `${service.url}/v1/jobs/${id}`;
  await (await fetch(`${job}/events`)).text();
  expect(await (await fetch(job)).json()).toMatchObject({ state: 'succeeded' });
});

test('with its gradient, gradients and the ascent work; without, they say how to export it, and the search is CMA-ES', async () => {
  const { gradients } = await answer(SLOPE!, 'gradient?neurons=3');
  expect([gradients[0][0].length, gradients[0][0][0].length]).toEqual([HEIGHT, WIDTH]);
  const search = async (model: string, steps: number) => {
    const request = { neurons: [3], restarts: 1, steps };
    const { id } = await answer(model, 'preferred-stimulus', request);
    await (await fetch(`${service.url}/v1/jobs/${id}/events`)).text();
    return await (await fetch(`${service.url}/v1/jobs/${id}/result`)).json();
  };
  const ascent = (await search(SLOPE!, 20)) as { method?: string; neurons: unknown[] };
  const evolution = (await search(PLAIN!, 20)) as typeof ascent;
  expect([ascent.method, evolution.method]).toEqual(['gradient', 'cma-es']);
  // Neuron 3 responds to noise with at most this.
  const most = Math.max(...expected.filter((_, i) => i % IDS.length === 1));
  for (const { neurons } of [ascent, evolution]) {
    const [{ stimuli }] = neurons as [{ stimuli: { response: number }[] }];
    expect(stimuli[0]!.response).toBeGreaterThan(most);
  }
  const refused = await send(PLAIN!, 'gradient?neurons=3');
  expect([refused.status, await refused.json()]).toEqual([
    409,
    expect.objectContaining({
      detail:
        'the network of plain/1 was imported without its gradient: docs/import.md shows how to export one',
    }),
  ]);
});

test('attention and readout are rejected with the reason', async () => {
  const details = ['attention', 'readout'].map(async (route) => {
    const refused = await send(SLOPE!, route);
    return [refused.status, ((await refused.json()) as { detail: string }).detail];
  });
  expect(await Promise.all(details)).toEqual([
    [422, 'the network of slope/1 is imported: whether it has attention is not known'],
    [422, 'the network of slope/1 is imported: what its centre and its surround add is not known'],
  ]);
});

test('another engine does not serve it, and names the one that does', async () => {
  const { url } = await startTestService({ MODELS_DIR: folder, ENGINE: 'wasm' });
  const body = new Uint8Array(encodeNpy(new Float32Array(HEIGHT * WIDTH), [HEIGHT, WIDTH]));
  const refused = await fetch(`${url}/v1/models/${PLAIN}/responses`, { method: 'POST', body });
  expect([refused.status, await refused.json()]).toEqual([
    503,
    expect.objectContaining({
      detail:
        'plain/1 is not served: the network of plain/1 is imported: only the engine onnx computes it',
    }),
  ]);
});
