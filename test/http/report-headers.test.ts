import { expect, test } from 'vitest';
import { encodeNpy } from '../../src/formats/npy.js';
import { setDigest } from '../../src/stimulus/stimuli.js';
import { createTestApp } from '../support/app.js';

const URL = '/v1/models/tiny/responses';
/** Two stimuli of 3x2 pixels, the second brighter than any of the training. */
const NPY = new Uint8Array(
  encodeNpy(Float32Array.of(0, 0.25, 0.5, 0, 0.25, 0.5, 1, 1, 1, 1, 1, 1), [2, 3, 2]),
);

function post(body: Uint8Array<ArrayBuffer>, headers: Record<string, string> = {}): RequestInit {
  return { method: 'POST', body, headers };
}

test('answers of numbers alone tell of the stimuli in headers, as JSON does in its body', async () => {
  const { app } = createTestApp();
  const { stimuli } = (await (await app.request(URL, post(NPY))).json()) as {
    stimuli: { digest: string; warnings: string[] }[];
  };
  const digests = stimuli.map(({ digest }) => digest);
  for (const type of ['application/x-npy', 'application/octet-stream']) {
    const { headers } = await app.request(URL, post(NPY, { Accept: type }));
    expect(headers.get('X-Stimulus-Digests')).toBe(digests.join(', '));
    expect(headers.get('X-Stimulus-Set')).toBe(setDigest(digests));
    expect(JSON.parse(headers.get('X-Stimulus-Warnings')!)).toEqual([
      { warning: 'outside the training range: mean 1 > 0.8', first: 1, count: 1 },
    ]);
  }
  const inside = new Uint8Array(encodeNpy(new Float32Array(6).fill(0.5), [3, 2]));
  const good = await app.request(URL, post(inside, { Accept: 'application/x-npy' }));
  expect(good.headers.has('X-Stimulus-Warnings')).toBe(false);
});

test('JSON needs no such headers', async () => {
  const { app } = createTestApp();
  const { headers } = await app.request(URL, post(NPY));
  expect([...headers.keys()].filter((name) => name.startsWith('x-stimulus'))).toEqual([]);
});

test('headers stay short, however many stimuli there are', async () => {
  const { app } = createTestApp({ limits: { maxStimuli: 1000, maxBody: 100_000 }, capacity: 1000 });
  // brighter and brighter, so that no warning is like another; the last is dark
  const pixels = Float32Array.from({ length: 6000 }, (_, i) => 0.85 + Math.floor(i / 6) / 1e4);
  pixels.fill(1e-7, 5994);
  const body = new Uint8Array(encodeNpy(pixels, [1000, 3, 2]));
  const { headers } = await app.request(URL, post(body, { Accept: 'application/x-npy' }));
  expect(headers.has('X-Stimulus-Digests')).toBe(false);
  expect(headers.get('X-Stimulus-Set')).toMatch(/^[0-9a-f]{64}$/);
  expect(JSON.parse(headers.get('X-Stimulus-Warnings')!)).toEqual([
    { warning: 'outside the training range: mean 0.85 > 0.8', first: 0, count: 999 },
    { warning: 'outside the training range: mean 1e-7 < 0.2', first: 999, count: 1 },
  ]);
});
