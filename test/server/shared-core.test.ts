import path from 'node:path';
import { beforeAll, expect, test } from 'vitest';
import { readModel, readWeights } from '../../src/models/saved-model.js';
import { openBackend } from '../../src/network/backends/open.js';
import { makeModel } from '../../training/random-model/random-model-command.js';
import { temporaryFolder } from '../support/store.js';
import { startTestService } from '../support/test-service.js';

const NEURONS = 5;

beforeAll(async () => {
  await openBackend('wasm');
});

test('a service answers all that it answers of other models for one with a shared core', async () => {
  const MODELS_DIR = await temporaryFolder();
  const out = path.join(MODELS_DIR, 'shared');
  await makeModel({ architecture: 'shared_core', neurons: NEURONS, out, seed: 1 });
  const { url } = await startTestService({ MODELS_DIR });
  const send = async (route: string, body: object, status = 200) => {
    const headers = { 'Content-Type': 'application/json' };
    const request = { method: 'POST', headers, body: JSON.stringify(body) };
    const response = await fetch(`${url}/v1/models/shared/${route}`, request);
    const text = await response.text();
    expect(response.status, `${route}: ${text}`).toBe(status);
    return JSON.parse(text);
  };
  const model = await (await fetch(`${url}/v1/models/shared`)).json();
  expect(JSON.stringify(model)).toContain('shared_core');

  const gabor = { gabor: { orientation: 60, sigmaX: 4, sigmaY: 7 } };
  const { responses } = await send('responses', gabor);
  const some = await send('responses?neurons=4,1', gabor);
  expect(some.responses).toEqual([[responses[0][4], responses[0][1]]]);
  const terms = await send('readout', gabor);
  for (const [i, response] of terms.responses[0].entries()) {
    const { centre, surround, bias } = terms.readout;
    expect(Math.abs(centre[0][i] + surround[0][i] + bias[i] - response)).toBeLessThan(1e-5);
    expect(Math.abs(response - responses[0][i])).toBeLessThan(1e-4);
  }
  const { gradients } = await send('gradient?neurons=2', gabor);
  expect(gradients[0][0]).toHaveLength(50);
  const tuning = await send('tuning/parametric?neurons=0', {});
  expect(tuning.neurons[0].id).toBe(0);
  const { detail } = await send('attention', gabor, 422);
  expect(detail).toMatch(/\(shared_core\) have no attention/);

  // The parameters give the mask of each neuron: the places are at every fourth pixel, and the middle one at pixel 24.
  const saved = await readModel(path.join(out, '1'));
  const { data } = (await readWeights(saved)).get('readout.centre')!;
  for (const [i, { x, y, sigmaX, sigmaY }] of terms.readout.masks.entries()) {
    expect(x).toBeCloseTo(24 * data[2 * i + 1]! - 0.5, 4);
    expect(y).toBeCloseTo(0.5 - 24 * data[2 * i]!, 4);
    expect([sigmaX, sigmaY]).toEqual([expect.closeTo(9.6, 4), expect.closeTo(9.6, 4)]);
  }
});

test('a shared core with attention says where the places that a neuron reads attend', async () => {
  const MODELS_DIR = await temporaryFolder();
  const out = path.join(MODELS_DIR, 'attentive');
  await makeModel({ architecture: 'attention_core', neurons: NEURONS, out, seed: 1 });
  const { url } = await startTestService({ MODELS_DIR });
  const response = await fetch(`${url}/v1/models/attentive/attention`, {
    method: 'POST',
    headers: { 'Content-Type': 'application/json' },
    body: JSON.stringify({ gabor: { orientation: 60, sigmaX: 4, sigmaY: 7 } }),
  });
  const { map, attention, meanDistance, readout } = JSON.parse(await response.text());
  expect(map).toEqual({
    ...{ height: 13, width: 13, centre: [6, 6] },
    ...{ fieldPixels: 49, stridePixels: 4, startPixels: [-1.5, -1.5] },
  });
  for (const [i, rows] of attention[0].entries()) {
    const { x, y } = readout.masks[i];
    let [sum, distance] = [0, 0];
    for (const [row, cells] of rows.entries()) {
      for (const [column, share] of cells.entries()) {
        sum += share;
        distance += share * Math.hypot(4 * column - 24.5 - x, 24.5 - 4 * row - y);
      }
    }
    expect(sum).toBeCloseTo(1, 4);
    expect(meanDistance.values[0][i]).toBeCloseTo(distance, 3);
  }
});
