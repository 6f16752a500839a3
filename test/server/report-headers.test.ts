import { expect, test } from 'vitest';
import { encodeNpy } from '../../src/formats/npy.js';
import { setDigest } from '../../src/stimulus/stimuli.js';
import { createTestApp } from '../support/app.js';
import { tinyModel } from '../support/cards.js';

const URL = '/v1/models/tiny/responses';
/** Two stimuli of 3x2 pixels, the second of a larger RMS contrast than any of the training. */
const NPY = new Uint8Array(
  encodeNpy(Float32Array.of(0, 0.25, 0.5, 0, 0.25, 0.5, 0, 1, 0, 1, 0, 1), [2, 3, 2]),
);
/** `tiny` has seen RMS contrasts from 0 to 0.4; this one from 0.1. */
const picky = tinyModel('tiny', 2);
const served = [
  {
    ...picky,
    card: {
      ...picky.card,
      stimulus: {
        ...picky.card.stimulus,
        trainingRange: {
          ...picky.card.stimulus.trainingRange!,
          contrast: [0.1, 0.4] as [number, number],
        },
      },
    },
  },
];

function post(body: Uint8Array<ArrayBuffer>, headers: Record<string, string> = {}): RequestInit {
  return { method: 'POST', body, headers };
}

test('responses of numbers alone report on the stimuli in headers, as JSON does in its body', async () => {
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
      {
        warning: 'outside the training range: RMS contrast of the whole image 0.5 > 0.4',
        first: 1,
        count: 1,
      },
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

test('headers are short for any number of stimuli', async () => {
  const limits = { maxStimuli: 1000, maxBody: 100_000 };
  const { app } = createTestApp({ limits, capacity: 1000, served });
  // of more and more contrast, so that no warning is like another; the last of almost none
  const pixels = Float32Array.from({ length: 6000 }, (_, i) => {
    const contrast = i < 5994 ? 0.45 + Math.floor(i / 6) / 1e5 : 2 ** -20;
    return 0.5 + (i % 2 === 0 ? contrast : -contrast);
  });
  const body = new Uint8Array(encodeNpy(pixels, [1000, 3, 2]));
  const { headers } = await app.request(URL, post(body, { Accept: 'application/x-npy' }));
  expect(headers.has('X-Stimulus-Digests')).toBe(false);
  expect(headers.get('X-Stimulus-Set')).toMatch(/^[0-9a-f]{64}$/);
  const outside = 'outside the training range: RMS contrast of the whole image';
  expect(JSON.parse(headers.get('X-Stimulus-Warnings')!)).toEqual([
    { warning: `${outside} 0.45 > 0.4`, first: 0, count: 999 },
    { warning: `${outside} 9.54e-7 < 0.1`, first: 999, count: 1 },
  ]);
});
