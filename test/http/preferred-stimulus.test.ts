import sharp from 'sharp';
import { expect, test } from 'vitest';
import { decodeNpy } from '../../src/formats/npy.js';
import type { Service } from '../../src/http/service.js';
import { ascend } from '../../src/inside/ascent.js';
import { ask, createStoringApp, DIGEST, DIGESTS, detailOf, put } from '../support/stored-sets.js';

/** The gradient of the engine's answer worked out by hand: (sum of the pixels) * (column + 1). */
const inside: Service['inside'] = {
  look: () => Promise.reject(new Error('was asked')),
  gradient: () => Promise.reject(new Error('was asked')),
  ascend: ({ state, neuron, id, terms, until }) =>
    ascend(
      async ({ count, pixels }) => ({
        responses: new Float32Array(count),
        gradient: new Float32Array(pixels.length).fill(neuron + 1),
      }),
      state,
      id,
      terms,
      until,
    ),
};

interface Found {
  readonly norm: number;
  readonly neurons: readonly {
    readonly id: number;
    readonly best: number;
    readonly diversity: number | null;
    readonly stimuli: readonly { response: number; digest: string; npy: string }[];
    readonly bestOfSet?: { stimulus: number; response: number; digest: string };
  }[];
}

test('the brightest image within the norm is found; it can be sent as a stimulus', async () => {
  const { app } = await createStoringApp({ inside, limits: { maxBody: 2 ** 16 } });
  const answer = await app.request('/v1/models/tiny/preferred-stimulus', { method: 'POST' });
  expect(answer.status).toBe(200);
  const { norm, neurons } = (await answer.json()) as Found;
  // the middle of the training range, 0.2, of 6 pixels
  expect(norm).toBeCloseTo(0.2 * Math.sqrt(6), 12);
  expect(neurons.map(({ id }) => id)).toEqual([0, 1, 2, 7]);
  for (const [column, { stimuli, diversity, best }] of neurons.entries()) {
    expect(stimuli).toHaveLength(4);
    const responses = stimuli.map(({ response }) => response);
    // 6 (0.5 + 0.2) times (column + 1)
    for (const response of responses) expect(response / (column + 1)).toBeCloseTo(4.2, 2);
    expect(responses[best]).toBe(Math.max(...responses));
    expect(diversity).toBeLessThan(1e-2);
    const { response, npy, digest } = stimuli[best]!;
    const again = await ask(app, 'responses', { stimuli: [{ npy }] });
    expect(await again.json()).toMatchObject({
      responses: [{ [column]: response }],
      stimuli: [{ digest }],
    });
  }
});

test('beside it stands the best stimulus of a stored set', async () => {
  const { app } = await createStoringApp({ inside });
  await put(app);
  const answer = await ask(app, 'preferred-stimulus', {
    stimulusSet: DIGEST,
    neurons: '2,0',
    restarts: 1,
    pixels: [0.25, 0.75],
    norm: 10,
    steps: 200,
    blur: 0,
  });
  const { neurons } = (await answer.json()) as Found;
  const found = neurons.map(({ id, bestOfSet, stimuli, diversity }) => ({
    id,
    diversity,
    response: stimuli[0]!.response,
    bestOfSet,
  }));
  expect(found).toEqual([
    {
      id: 2,
      diversity: null,
      response: 13.5, // 6 times 0.75, times 3
      bestOfSet: expect.objectContaining({ stimulus: 1, response: 18, digest: DIGESTS[1] }),
    },
    {
      id: 0,
      diversity: null,
      response: 4.5,
      bestOfSet: expect.objectContaining({ stimulus: 1, response: 6, digest: DIGESTS[1] }),
    },
  ]);
});

test('as .npy, and as a picture with a row for each neuron', async () => {
  const { app } = await createStoringApp({ inside });
  await put(app);
  const body = { stimulusSet: DIGEST, restarts: 3 };
  const npy = await ask(app, 'preferred-stimulus', body, { Accept: 'application/x-npy' });
  const { shape, data } = decodeNpy(new Uint8Array(await npy.arrayBuffer()));
  expect(shape).toEqual([4, 3, 3, 2]);
  const png = await ask(app, 'preferred-stimulus', body, { Accept: 'image/png' });
  const { data: gray, info } = await sharp(await png.arrayBuffer())
    .toColourspace('b-w')
    .raw()
    .toBuffer({ resolveWithObject: true });
  expect([info.width, info.height]).toEqual([8, 12]);
  expect(gray[0]).toBe(Math.round(255 * data[0]!));
  expect(gray[3 * 8]).toBe(Math.round(255 * data[3 * 6]!)); // neuron 1
  expect([...gray.subarray(6, 8)]).toEqual([255, 255]); // the set's best
});

test('what cannot be done is told before anything is computed', async () => {
  const { app, engine } = await createStoringApp({
    inside: { ...inside, ascend: () => Promise.reject(new Error('was asked')) },
  });
  const refused = (body: object) => detailOf(ask(app, 'preferred-stimulus', body));
  expect(await refused({ pixels: [0.6, 1] })).toBe(
    '422 pixels must be about the background, 0.5: the first below, the second above it',
  );
  expect(await refused({ steps: 2000, restarts: 16 })).toBe(
    '413 4 neurons, 16 restarts and 2000 steps are 128000 steps in all; at most 100000 are taken at once',
  );
  expect(await refused({ stimulusSet: '0'.repeat(64) })).toMatch(/^422 stimulusSet: no set 0/);
  expect(await refused({ neurons: [99] })).toMatch(/^422 neurons: there is no neuron 99/);
  expect(await refused({ blur: -1, seeds: 2 })).toMatch(/^422 .*seeds/s);
  expect(engine.asked).toEqual([]);
});

test('it goes no further when the client has gone, or the deadline has passed', async () => {
  const client = new AbortController();
  let asked = 0;
  const watched: Service['inside'] = {
    ...inside,
    ascend: (request) => {
      asked += 1;
      client.abort();
      time.now += 100;
      return inside.ascend(request);
    },
  };
  const { app, time } = await createStoringApp({ inside: watched });
  const url = '/v1/models/tiny/preferred-stimulus';
  const gone = await app.request(url, { method: 'POST', signal: client.signal });
  expect([gone.status, asked]).toEqual([499, 1]);
  const late = await app.request(url, { method: 'POST', headers: { 'X-Deadline-Ms': '150' } });
  expect([late.status, asked]).toEqual([503, 3]);
});
