import { spawnSync } from 'node:child_process';
import { beforeAll, expect } from 'vitest';
import { type Addon, loadAddon, type NativeRequest } from '../../../src/inference/kernels/addon.js';
import { packNetworks } from '../../../src/inference/kernels/site-kernels.js';
import { startKernelThreads } from '../../../src/inference/kernels/threads.js';
import { ARCHITECTURES } from '../../../src/network/architectures/index.js';
import { randomParameters } from '../../../training/random-model/random-parameters.js';
import { kernelAddon, testWith } from '../../support/capabilities.js';

const capability = kernelAddon();
const test = testWith(capability);
const NEURONS = 5;
const STIMULUS = { height: 50, width: 50, channels: 1 as const, scale: 1, offset: 0 };

let addon: Addon;
beforeAll(() => {
  if (capability.missing === null) addon = loadAddon(capability.file)!;
});

/** @param threads the largest number of threads that may compute the site */
function createRequest(images: number, threads: number): NativeRequest {
  const { network: architecture } = ARCHITECTURES.rf_cnn;
  const members = [randomParameters(architecture, STIMULUS, [0, 1, 2, 3, 4], 1)];
  const networks = Int32Array.of(0, 1, 2, 3, 4);
  const packed = packNetworks(addon, {
    architecture,
    stimulus: STIMULUS,
    members,
    networks,
    precision: 'float32',
  });
  const { site } = addon.createSite(packed.network, threads);
  const pixels = Float32Array.from({ length: images * 2500 }, (_, i) => ((i * 7919) % 256) / 255);
  return [site, packed.weights, pixels, networks, new Float32Array(images * NEURONS)];
}

test('threads answer requests that come together as one thread does, in any order', async () => {
  const threads = startKernelThreads(addon, 3);
  const requests = [1, 40, 3, 17, 16].map((images) => createRequest(images, 3));
  await Promise.all(requests.map((request, i) => threads.compute(request, i % 2 === 1)));
  for (const request of requests) {
    const answered = request[4].slice();
    addon.respondNow(...request);
    expect(answered).toEqual(request[4]);
    expect(new Set(answered).size).toBeGreaterThan(1);
  }
  threads.close();
});

test('a request of the background ends after one that came later', async () => {
  const threads = startKernelThreads(addon, 1);
  const ends: string[] = [];
  const note = async (name: string, work: Promise<void>) => {
    await work;
    ends.push(name);
  };
  const [long, short] = [createRequest(640, 1), createRequest(16, 1)];
  const background = note('background', threads.compute(long, true));
  await Promise.all([background, note('other', threads.compute(short, false))]);
  expect(ends).toEqual(['other', 'background']);
  threads.close();
});

test('threads that are closed reject the requests that they have not computed, and later ones', async () => {
  const threads = startKernelThreads(addon, 2);
  const lost = Array.from({ length: 3 }, () =>
    expect(threads.compute(createRequest(2000, 2), false)).rejects.toThrow(
      'the threads of the kernels have ended',
    ),
  );
  threads.close();
  threads.close();
  await Promise.all(lost);
  await expect(threads.compute(createRequest(1, 2), false)).rejects.toThrow('have ended');
});

test('a site counts the multiplications of its products', () => {
  const stimulus = [1, 50, 50, 32, 0, 0];
  const first = [0, 5, 1, 0, 0, 20, 20];
  const count = (...steps: number[]) =>
    addon.createSite(Int32Array.of(...stimulus, ...first, ...steps), 0).multiplications;
  const ofFirst = 40 * 40 * 32 * 10; // eight points of five rows for four sums
  expect(count()).toBe(ofFirst + 20 * 20 * 32);
  expect(count(2, 5, 1, 0, 0, 7, 8)).toBe(ofFirst + 4 * 4 * 64 * 32 * 32 + 7 * 8 * 32); // tiles of 4x4 sums
  expect(count(2, 3, 0, 0, 0, 5, 4)).toBe(ofFirst + 5 * 4 * 9 * 32 * 32 + 5 * 4 * 32);
});

test('wrong arrays are rejected before they are read', () => {
  const [site, weights, images, neurons, responses] = createRequest(2, 0);
  const send = (...request: NativeRequest) => addon.respondNow(...request);
  expect(() => send(site, weights, images, Int32Array.of(NEURONS), responses)).toThrow(
    'there is no such neuron',
  );
  expect(() => send(site, weights, images, Int32Array.of(-1), responses)).toThrow('no such neuron');
  expect(() => send(site, weights, images, neurons, responses.subarray(1))).toThrow(
    'too little memory for responses',
  );
  expect(() => send(site, weights, images.subarray(0, 2499), neurons, responses)).toThrow(
    'too little memory',
  );
  const threads = addon.startThreads(1);
  expect(() =>
    addon.respondLater(site, weights, images, neurons, responses, threads, false, () => {}),
  ).toThrow('the site has too few threads');
  addon.stopThreads(threads);
  expect(() => addon.startThreads(0)).toThrow('wrong number of threads');
});

test('a process ends by itself once its requests are answered, and at once when it exits before', () => {
  const run = (end: string) => {
    const script = `
      const addon = require(${JSON.stringify(capability.file)});
      const threads = addon.startThreads(2);
      const network = Int32Array.of(1, 50, 50, 32, 0, 0, 0, 5, 1, 0, 0, 20, 20);
      const { site, floats } = addon.createSite(network, 2);
      const weights = new Float32Array(40 * floats + 16);
      const neurons = Int32Array.from({ length: 40 }, (_, i) => i);
      const images = new Float32Array(2500 * 200);
      const responses = new Float32Array(40 * 200);
      for (let i = 0; i < 3; i++)
        addon.respondLater(site, weights, images, neurons, responses, threads, i === 1, () => console.log('done'));
      ${end}`;
    const { status, signal, stdout } = spawnSync(process.execPath, ['-e', script], {
      encoding: 'utf8',
    });
    return { status, signal, lines: stdout.split('\n').length - 1 };
  };
  expect(run('')).toEqual({ status: 0, signal: null, lines: 3 });
  expect(run('process.exit(5)')).toEqual({ status: 5, signal: null, lines: 0 });
  expect(run('addon.stopThreads(threads)')).toEqual({ status: 0, signal: null, lines: 0 });
});
