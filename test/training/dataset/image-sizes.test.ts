import { readdir } from 'node:fs/promises';
import path from 'node:path';
import sharp from 'sharp';
import { beforeAll, expect, test, vi } from 'vitest';
import { decodeNpy, encodeNpy } from '../../../src/formats/npy.js';
import { readModel, type SavedModel } from '../../../src/models/saved-model.js';
import { openBackend } from '../../../src/network/backends/open.js';
import { randomStream } from '../../../src/network/random.js';
import { writeDataset } from '../../../training/dataset/write-dataset.js';
import { createTrainCommand } from '../../../training/train-command.js';
import { newDataset } from '../../support/datasets.js';
import { fakeMachine } from '../../support/machine.js';
import { greatestDifference } from '../../support/numbers.js';
import { sharedFolder, temporaryFolder } from '../../support/store.js';
import { startTestService } from '../../support/test-service.js';

const [HEIGHT, WIDTH] = [48, 64];
/** Pixels that the centre hypercolumn of a 9x13 map sees: the 16 from 4 times its row or column on. */
const FIELD = { top: 16, left: 24 };
const [TRAINING, VALIDATION] = [60, 20];

const folder = sharedFolder();
const models = path.join(folder, 'models');
const dataset = path.join(folder, 'dataset');
let model: SavedModel;
beforeAll(async () => {
  await openBackend('wasm');
  await writeSize(dataset, HEIGHT, WIDTH);
  model = await train(dataset, 'rf_cnn', 'wide');
}, 120_000);

/** Writes a dataset of noise images. One neuron responds to their brightness, and the other one to its reverse. */
async function writeSize(to: string, height: number, width: number): Promise<void> {
  const count = TRAINING + VALIDATION;
  const random = randomStream(1, 'images', height, width);
  const images = new Uint8Array(count * height * width);
  const trials = new Float32Array(2 * count);
  for (let image = 0; image < count; image++) {
    const bright = random.uniform();
    for (let i = 0; i < height * width; i++) {
      images[image * height * width + i] = 255 * (0.7 * bright + 0.3 * random.uniform());
    }
    trials.set([bright, 1 - bright], 2 * image);
  }
  const parts = Array.from({ length: count }, (_, i) => (i < TRAINING ? 'train' : 'validation'));
  await writeDataset(
    to,
    newDataset({
      ...{ images, neurons: 2, trials, trialImages: Int32Array.from(parts.keys()) },
      size: { height, width, channels: 1, white: 255 },
      parts: parts as ('train' | 'validation')[],
    }),
  );
}

async function train(data: string, recipe: string, name: string): Promise<SavedModel> {
  const log = vi.spyOn(console, 'log').mockImplementation(() => undefined);
  const out = path.join(models, name);
  const words = ['--data', data, '--recipe', recipe, '--out', out];
  try {
    await createTrainCommand({}, fakeMachine().machine).parseAsync(
      [...words, '--epochs', '1', '--backend', 'wasm'],
      { from: 'user' },
    );
  } finally {
    log.mockRestore();
  }
  return await readModel(path.join(out, '1'));
}

const type = (name: string) => ({ 'Content-Type': name });

/** Starts a service with the trained model. */
async function serve() {
  const { url } = await startTestService({
    MODELS_DIR: models,
    DATA_DIR: await temporaryFolder(),
  });
  const send = (
    route: string,
    body: Uint8Array<ArrayBuffer> | string,
    headers: Record<string, string>,
  ) => fetch(`${url}/v1/models/wide/${route}`, { method: 'POST', body, headers });
  const measure = async <Answer>(route: string, request: object) => {
    const answer = await send(route, JSON.stringify(request), type('application/json'));
    expect(answer.status).toBeLessThan(300);
    return (await answer.json()) as Answer;
  };
  const result = async (id: string, part: string) => {
    expect(await (await fetch(`${url}/v1/jobs/${id}/events`)).text()).toContain('"succeeded"');
    return new Uint8Array(
      await (await fetch(`${url}/v1/jobs/${id}/result?part=${part}`)).arrayBuffer(),
    );
  };
  return { send, measure, result };
}

/** The golden stimuli of the trained model, a byte for each pixel. */
const goldenBytes = () =>
  model.card.golden.stimuli.map((text) => Uint8Array.from(Buffer.from(text, 'base64')));

async function png(bytes: Uint8Array, height: number, width: number) {
  const image = sharp(bytes, { raw: { width, height, channels: 1 } });
  return new Uint8Array(await image.png().toBuffer());
}

test('a service gives images of 48x64 the responses that the trained networks gave them', async () => {
  const { send } = await serve();
  const [images, golden] = [goldenBytes(), model.card.golden.responses];
  const range = Math.max(...golden.flat()) - Math.min(...golden.flat());
  const expectGolden = async (answer: Response, expected: readonly (readonly number[])[]) => {
    expect(answer.status).toBe(200);
    const { responses } = (await answer.json()) as { responses: number[][] };
    expect(greatestDifference(responses.flat(), expected.flat())).toBeLessThan(1e-4 * range);
  };
  const pixels = Float32Array.from(
    images.flatMap((bytes) => [...bytes]),
    (byte) => byte / 255,
  );
  const npy = new Uint8Array(encodeNpy(pixels, [images.length, HEIGHT, WIDTH]));
  await expectGolden(await send('responses', npy, type('application/x-npy')), golden);
  for (const [i, bytes] of images.entries()) {
    const file = await png(bytes, HEIGHT, WIDTH);
    await expectGolden(await send('responses', file, type('image/png')), [golden[i]!]);
  }
});

test('images of 64x48 are rejected with the reason, or fitted', async () => {
  const { send } = await serve();
  const turned = await png(goldenBytes()[0]!, WIDTH, HEIGHT);
  const rejected = await send('responses', turned, type('image/png'));
  expect(rejected.status).toBe(422);
  expect(await rejected.json()).toMatchObject({
    detail: 'stimulus 0 is 64 high x 48 wide; the model takes 48 high x 64 wide; add ?fit=resize',
  });
  const fitted = await send('responses?fit=resize', turned, type('image/png'));
  expect(fitted.status).toBe(200);
  expect(await fitted.text()).toContain('resized from 64 high x 48 wide, proportions not kept');
});

test('what is measured of it has the size of its images', { timeout: 120_000 }, async () => {
  const { send, measure, result } = await serve();
  const image = await png(goldenBytes()[0]!, HEIGHT, WIDTH);
  const headers = { ...type('image/png'), Accept: 'application/x-npy' };

  const shown = await send('stimuli', image, { ...headers, Accept: 'image/png' });
  const { height, width } = await sharp(await shown.arrayBuffer()).metadata();
  expect([height, width]).toEqual([HEIGHT, WIDTH]);

  const gradient = await send('gradient?neurons=1', image, headers);
  const { shape, data } = decodeNpy(new Uint8Array(await gradient.arrayBuffer()));
  expect(shape).toEqual([1, 1, HEIGHT, WIDTH]);
  const seen = Array.from(data.keys()).filter((i) => data[i] !== 0);
  const [rows, columns] = [seen.map((i) => Math.floor(i / WIDTH)), seen.map((i) => i % WIDTH)];
  expect([Math.min(...rows), Math.max(...rows)]).toEqual([FIELD.top, FIELD.top + 15]);
  expect([Math.min(...columns), Math.max(...columns)]).toEqual([FIELD.left, FIELD.left + 15]);

  const readout = await send('readout', image, type('image/png'));
  expect(await readout.json()).toMatchObject({ readout: { surround: [[0, 0]] } });

  const tuning = await send('tuning/parametric?neurons=0', '{}', type('application/json'));
  expect(tuning.status).toBe(200);
  const { neurons } = (await tuning.json()) as { neurons: { curve: number[] }[] };
  expect(neurons.map(({ curve }) => curve.length)).toEqual([12]);

  interface Map {
    readonly x: readonly number[];
    readonly y: readonly number[];
    readonly neurons: readonly { readonly map: readonly (readonly number[])[] }[];
  }
  const field = await measure<Map>('receptive-field', { neurons: [0] });
  // 21 places along each side, which are the middles of equal parts of it.
  expect(field.x.at(-1)).toBeCloseTo((10 / 21) * WIDTH, 1);
  expect(field.y[0]).toBeCloseTo((10 / 21) * HEIGHT, 1);

  const { id } = await measure<{ id: string }>('preferred-stimulus', {
    neurons: [0],
    ...{ steps: 2, restarts: 3 },
  });
  expect(decodeNpy(await result(id, 'preferred-stimuli.npy')).shape).toEqual([1, 3, HEIGHT, WIDTH]);
  const job = await measure<{ id: string }>('characterize', { neurons: [0] });
  const characterized = JSON.parse(
    Buffer.from(await result(job.id, 'characterization.json')).toString(),
  );
  expect(characterized).toMatchObject({ neurons: [{ id: 0 }] });
});

test('a recipe whose network does not take images so small is rejected before it trains', async () => {
  const small = path.join(folder, 'small');
  await writeSize(small, 24, 40);
  await expect(train(small, 'ff_cnn', 'small')).rejects.toThrow(
    /^the stimulus is too small for this network: 24x40 pixels; expected at least 32x32$/,
  );
  expect(await readdir(models)).toEqual(['wide']);
});
