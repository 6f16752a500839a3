import sharp from 'sharp';
import { expect, test, vi } from 'vitest';
import type { AscentPreview } from '../../src/experiments/preferred-stimulus/schemas.js';
import { decodeNpy, encodeNpy } from '../../src/formats/npy.js';
import { requireJobs } from '../../src/server/jobs.js';
import { requireService } from '../../src/server/models.js';
import type { TestAppOptions } from '../support/app.js';
import { tinyModel } from '../support/cards.js';
import { openTestJobs } from '../support/jobs.js';
import { linearInterpreter } from '../support/linear-interpreter.js';
import { createStoringApp, DIGEST, DIGESTS, detailOf, put, send } from '../support/stored-sets.js';

interface Found {
  readonly model: { readonly name: string };
  readonly norm: number;
  readonly formulas: { readonly norm: string };
  readonly neurons: readonly {
    readonly id: number;
    readonly best: number;
    readonly diversity: number | null;
    readonly stimuli: readonly { response: number; digest: string }[];
    readonly bestOfSet?: { stimulus: number; response: number; digest: string };
  }[];
}

async function createSearchingApp(options: TestAppOptions = {}) {
  const { jobs, runner } = await openTestJobs();
  return createStoringApp({ interpreter: linearInterpreter, jobs, runner, ...options });
}

type App = Awaited<ReturnType<typeof createSearchingApp>>['app'];

/** Starts the job and waits for its end. @returns functions that read its result */
async function search(app: App, body: object) {
  const started = await send(app, 'preferred-stimulus', body);
  expect(started.status).toBe(202);
  const place = started.headers.get('Location')!;
  const reported = await (await app.request(`${place}/events`)).text();
  expect(reported).toContain('"state":"succeeded"');
  const result = (part: string) => app.request(`${place}/result?part=${part}`);
  const array = async (part: string) =>
    decodeNpy(new Uint8Array(await (await result(part)).arrayBuffer()));
  const found = (await (await result('preferred-stimuli.json')).json()) as Found;
  return { found, result, array, reported };
}

test('the norm of an image in colour is that of its formula', async () => {
  const tiny = tinyModel('tiny', 2);
  const stimulus = { ...tiny.card.stimulus, channels: 3 as const };
  const colour = { ...tiny, card: { ...tiny.card, stimulus } };
  const { app } = await createSearchingApp({ served: [colour] });
  const { found, array } = await search(app, { neurons: [0], restarts: 1 });
  const { data } = await array('preferred-stimuli.npy');
  const squares = [...data].map((pixel) => (Number(pixel) - 0.5) ** 2);
  // As in gray, it is that of 6 pixels at the middle of the training range, 0.2.
  expect(found.norm).toBeCloseTo(0.2 * Math.sqrt(6), 12);
  const sum = squares.reduce((a, b) => a + b, 0);
  expect(Math.sqrt(sum / 3)).toBeCloseTo(found.norm, 5);
  expect(found.formulas.norm).toBe(
    'sqrt(sum (pixel - background)^2 / 3), summed over pixels and channels',
  );
});

test('the brightest image within the norm is found and can be sent as a stimulus', async () => {
  const { app } = await createSearchingApp({ limits: { maxBody: 2 ** 16 } });
  const { found, array, reported } = await search(app, {});
  const { norm, neurons, model } = found;
  expect(model.name).toBe('tiny');
  expect(reported).toContain('"progress":{"done":240,"total":240,');
  const previews = [...reported.matchAll(/event: preview\ndata: (.*)\n/g)];
  const { neuron, shape: seen, pixels } = JSON.parse(previews.at(-1)![1]!) as AscentPreview;
  expect([0, 1, 2, 7]).toContain(neuron);
  expect(seen).toEqual([4, 3, 2]);
  const bytes = [...Buffer.from(pixels, 'base64')];
  expect(bytes).toHaveLength(4 * 6);
  // The response rises from that of the background, 0.5, to the one found below.
  expect(bytes.filter((byte) => byte < 115 || byte > 190)).toEqual([]);
  // The norm is that of 6 pixels at the middle of the training range, 0.2.
  expect(norm).toBeCloseTo(0.2 * Math.sqrt(6), 12);
  expect(neurons.map(({ id }) => id)).toEqual([0, 1, 2, 7]);
  const { shape, data } = await array('preferred-stimuli.npy');
  expect(shape).toEqual([4, 4, 3, 2]);
  for (const [column, { stimuli, diversity, best }] of neurons.entries()) {
    expect(stimuli).toHaveLength(4);
    const responses = stimuli.map(({ response }) => response);
    // 6 (0.5 + 0.2) times (column + 1)
    for (const response of responses) expect(response / (column + 1)).toBeCloseTo(4.2, 2);
    expect(responses[best]).toBe(Math.max(...responses));
    expect(diversity).toBeLessThan(1e-2);
    const { response, digest } = stimuli[best]!;
    const from = 6 * (4 * column + best);
    const npy = encodeNpy(Float32Array.from(data.slice(from, from + 6)), [3, 2]);
    const again = await send(app, 'responses', {
      stimuli: [{ npy: Buffer.from(npy).toString('base64') }],
    });
    expect(await again.json()).toMatchObject({
      responses: [{ [column]: response }],
      stimuli: [{ digest }],
    });
  }
});

test('the result includes the best stimulus of a stored set', async () => {
  const { app } = await createSearchingApp();
  await put(app);
  const { found, array } = await search(app, {
    stimulusSet: DIGEST,
    neurons: '2,0',
    restarts: 1,
    pixels: [0.25, 0.75],
    norm: 10,
    steps: 200,
    blur: 0,
  });
  const reported = found.neurons.map(({ id, bestOfSet, stimuli, diversity }) => ({
    id,
    diversity,
    response: stimuli[0]!.response,
    bestOfSet,
  }));
  expect(reported).toEqual([
    {
      id: 2,
      diversity: null,
      response: 13.5, // 6 times 0.75, times 3
      bestOfSet: { stimulus: 1, response: 18, digest: DIGESTS[1] },
    },
    {
      id: 0,
      diversity: null,
      response: 4.5,
      bestOfSet: { stimulus: 1, response: 6, digest: DIGESTS[1] },
    },
  ]);
  const best = await array('best-of-set.npy');
  expect(best.shape).toEqual([2, 3, 2]);
  expect([...best.data]).toEqual(Array.from({ length: 12 }, () => 1));
});

test('the result is also a picture with a row for each neuron', async () => {
  const { app } = await createSearchingApp();
  await put(app);
  const { result, array } = await search(app, { stimulusSet: DIGEST, restarts: 3 });
  const { data } = await array('preferred-stimuli.npy');
  const png = await result('preferred-stimuli.png');
  expect(png.headers.get('Content-Type')).toBe('image/png');
  const { data: gray, info } = await sharp(await png.arrayBuffer())
    .toColourspace('b-w')
    .raw()
    .toBuffer({ resolveWithObject: true });
  expect([info.width, info.height]).toEqual([8, 12]);
  expect(gray[0]).toBe(Math.round(255 * Number(data[0])));
  expect(gray[3 * 8]).toBe(Math.round(255 * Number(data[3 * 6]))); // neuron 1
  expect([...gray.subarray(6, 8)]).toEqual([255, 255]); // This is the best stimulus of the set.
});

test('an impossible request is rejected before anything is computed', async () => {
  const { app, engine, deps } = await createSearchingApp({
    interpreter: {
      ...linearInterpreter,
      maximise: () => Promise.reject(new Error('it was called')),
    },
    limits: { maxStimuli: 32 },
  });
  const rejected = (body: object) => detailOf(send(app, 'preferred-stimulus', body));
  expect(await rejected({ pixels: [0.6, 1] })).toBe(
    '422 pixels must be about the background, 0.5: the first below, the second above it',
  );
  expect(await rejected({ restarts: 16 })).toBe(
    '413 too many images: 64, for 4 neurons and 16 restarts; expected at most 32',
  );
  expect(await rejected({ stimulusSet: '0'.repeat(64) })).toMatch(/^422 stimulusSet: no set 0/);
  expect(await rejected({ neurons: [99] })).toMatch(/^422 neurons: unknown neuron: 99/);
  expect(await rejected({ blur: -1, seeds: 2 })).toMatch(/^422 .*seeds/s);
  expect(engine.requests).toEqual([]);
  expect(await requireJobs(deps).list()).toEqual([]);
});

test('a cancelled search stops and releases its model', async () => {
  const place = { now: '' };
  let asked = 0;
  const { app, deps } = await createSearchingApp({
    interpreter: {
      ...linearInterpreter,
      maximise: async (request) => {
        asked += 1;
        expect((await app.request(place.now, { method: 'DELETE' })).status).toBe(200);
        return linearInterpreter.maximise(request);
      },
    },
  });
  const { catalogue } = requireService(deps);
  const { hold } = catalogue;
  const holding = { now: 0 };
  vi.spyOn(catalogue, 'hold').mockImplementation((model) => {
    const release = hold(model);
    holding.now++;
    return () => {
      holding.now--;
      release();
    };
  });
  const started = await send(app, 'preferred-stimulus', {});
  place.now = started.headers.get('Location')!;
  const reported = await (await app.request(`${place.now}/events`)).text();
  expect(reported).toContain('"state":"cancelled"');
  await vi.waitFor(() => expect(holding.now).toBe(0));
  expect(asked).toBe(1);
});
