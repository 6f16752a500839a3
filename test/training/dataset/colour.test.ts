import { mkdtemp, readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import sharp from 'sharp';
import { beforeAll, expect, test, vi } from 'vitest';
import { encodeNpy } from '../../../src/formats/npy.js';
import { readModel, readWeights, type SavedModel } from '../../../src/models/saved-model.js';
import { openBackend } from '../../../src/network/backends/open.js';
import { randomStream } from '../../../src/network/random.js';
import { describeStimuli } from '../../../training/data/describe.js';
import { openSite } from '../../../training/data/site.js';
import { openDatasetSite } from '../../../training/dataset/dataset-site.js';
import { writeDataset } from '../../../training/dataset/write-dataset.js';
import { createEvaluateCommand } from '../../../training/evaluation/evaluate-command.js';
import { createTrainCommand } from '../../../training/train-command.js';
import { newDataset } from '../../support/datasets.js';
import { fakeMachine } from '../../support/machine.js';
import { greatestDifference } from '../../support/numbers.js';
import { bitsOf } from '../../support/small-training.js';
import { sharedFolder, temporaryFolder } from '../../support/store.js';
import { startTestService } from '../../support/test-service.js';

const SIDE = 64;
const [TRAINING, VALIDATION] = [90, 30];
const LENGTH = SIDE * SIDE * 3;
const MONITOR = {
  red: { x: 0.64, y: 0.33, luminance: 21, gamma: 2.2 },
  green: { x: 0.3, y: 0.6, luminance: 72, gamma: 2.2 },
  blue: { x: 0.15, y: 0.06, luminance: 7, gamma: 2.2 },
};

const folder = sharedFolder();
const colour = path.join(folder, 'colour');
const gray = path.join(folder, 'gray');
const images = new Uint8Array((TRAINING + VALIDATION) * LENGTH);
const trials = new Float32Array(2 * (TRAINING + VALIDATION));
beforeAll(async () => {
  await openBackend('wasm');
  fillRecording();
  await write(colour, images, 3);
  const luma = Uint8Array.from({ length: images.length / 3 }, (_, i) =>
    Math.round(0.2126 * images[3 * i]! + 0.7152 * images[3 * i + 1]! + 0.0722 * images[3 * i + 2]!),
  );
  await write(gray, luma, 1);
});

/**
 * Noise around a colour. One neuron responds to red minus green, and the other one to the luma. Neither of
 * the two says anything of the other.
 */
function fillRecording(): void {
  const random = randomStream(1, 'colour');
  for (let image = 0; image < TRAINING + VALIDATION; image++) {
    const [luma, redGreen] = [random.uniform(), random.uniform()];
    const base = 90 + 60 * luma;
    const means = [
      base + 70 * 0.7152 * (redGreen - 0.5),
      base - 70 * 0.2126 * (redGreen - 0.5),
      base,
    ];
    for (let i = 0; i < LENGTH; i++) {
      images[image * LENGTH + i] = Math.round(means[i % 3]! + 30 * random.uniform());
    }
    trials.set([redGreen, luma], 2 * image);
  }
}

async function write(to: string, pixels: Uint8Array, channels: 1 | 3): Promise<void> {
  const count = TRAINING + VALIDATION;
  const parts = Array.from({ length: count }, (_, i) => (i < TRAINING ? 'train' : 'validation'));
  await writeDataset(
    to,
    newDataset({
      ...{ images: pixels, neurons: 2, trials, trialImages: Int32Array.from(parts.keys()) },
      size: {
        ...{ height: SIDE, width: SIDE, channels, white: 255 },
        ...(channels === 3 && { monitor: MONITOR }),
      },
      parts: parts as ('train' | 'validation')[],
    }),
  );
}

async function train(...words: string[]): Promise<SavedModel> {
  const out = path.join(await mkdtemp(path.join(folder, 'models-')), 'm');
  const log = vi.spyOn(console, 'log').mockImplementation(() => undefined);
  const error = vi.spyOn(console, 'error').mockImplementation(() => undefined);
  try {
    const fixed = ['--backend', 'wasm', '--out', out];
    await createTrainCommand({}, fakeMachine().machine).parseAsync([...words, ...fixed], {
      from: 'user',
    });
  } finally {
    log.mockRestore();
    error.mockRestore();
  }
  return await readModel(path.join(out, '1'));
}

/** A service gives PNGs in colour the responses that the trained networks gave them. */
async function expectServed({ card, folder: version }: SavedModel): Promise<void> {
  const { url } = await startTestService({
    MODELS_DIR: path.dirname(path.dirname(version)),
    DATA_DIR: await temporaryFolder(),
  });
  const expected = card.golden.responses;
  const range = Math.max(...expected.flat()) - Math.min(...expected.flat());
  for (const [i, stimulus] of card.golden.stimuli.entries()) {
    const raw = { width: SIDE, height: SIDE, channels: 3 } as const;
    const png = await sharp(Buffer.from(stimulus, 'base64'), { raw }).png().toBuffer();
    const answer = await fetch(`${url}/v1/models/m/responses`, {
      method: 'POST',
      body: new Uint8Array(png),
      headers: { 'Content-Type': 'image/png' },
    });
    expect(answer.status).toBe(200);
    const { responses } = (await answer.json()) as { responses: number[][] };
    expect(greatestDifference(responses[0]!, expected[i]!)).toBeLessThan(1e-4 * range);
  }
}

const corrOf = ({ card }: SavedModel) => card.neurons.map(({ CORR }) => CORR ?? 0);

test('a core that is trained in colour predicts a neuron that in gray it cannot', async () => {
  const words = ['--recipe', 'shared_core', '--epochs', '4'];
  const saved = await train('--data', colour, ...words);
  expect(corrOf(saved).every((value) => value > 0.8)).toBe(true);
  const [redGreen, luma] = corrOf(await train('--data', gray, ...words));
  expect(redGreen).toBeLessThan(0.5);
  expect(luma).toBeGreaterThan(0.8);

  const weights = await readWeights(saved);
  expect(weights.get('core.gray')!.shape).toEqual([1, 3]);
  expect(weights.get('core.learnt1.convolution.weight')!.shape).toEqual([1, 9, 9, 3, 16]);
  const { site } = await openDatasetSite(colour, {});
  const described = await describeStimuli(site.training, 2);
  await site.close();
  expect(saved.card.stimulus).toEqual({ ...described, monitor: MONITOR });
  expect(described).toMatchObject({ height: SIDE, width: SIDE, channels: 3 });
  // the mean of each channel is what the core subtracts, and their luma the gray
  const means = weights.get('core.gray')!.data;
  const ofLuma = 0.2126 * means[0]! + 0.7152 * means[1]! + 0.0722 * means[2]!;
  expect(described.backgroundGray).toBeCloseTo(ofLuma, 5);
  await expectServed(saved);
}, 240_000);

test.each(['rf_cnn', 'linear'])(
  '%s trains in colour, the same to the last bit from the arrays',
  async (recipe) => {
    const files = await mkdtemp(path.join(folder, 'site-'));
    const put = (name: string, from: number, to: number) =>
      writeFile(
        path.join(files, `${name}_c.npy`),
        name.includes('img')
          ? encodeNpy(images.slice(from * LENGTH, to * LENGTH), [to - from, SIDE, SIDE, 3])
          : encodeNpy(trials.slice(2 * from, 2 * to), [to - from, 2]),
      );
    for (const [image, response, from, to] of [
      ['train_img', 'trainRsp', 0, TRAINING],
      ['val_img', 'valRsp', TRAINING, TRAINING + VALIDATION],
    ] as const) {
      await put(image, from, to);
      await put(response, from, to);
    }
    const words = ['--recipe', recipe, '--epochs', '2', '--responses', 'recorded'];
    const one = await train('--data', colour, ...words);
    const other = await train('--data', files, '--site', 'c', ...words);
    expect(bitsOf(await readWeights(other))).toEqual(bitsOf(await readWeights(one)));
    expect(other.card.golden).toEqual(one.card.golden);
    const site = await openSite(files, 'c');
    expect(site.training.channels).toBe(3);
    await site.close();
  },
  120_000,
);

test('an ensemble in colour is evaluated, and its readouts are learnt anew with the core that it keeps', async () => {
  const words = ['--recipe', 'gabor_energy', '--epochs', '1', '--select', 'heldout'];
  const saved = await train('--data', colour, ...words, '--members', '2');
  expect(saved.card.members).toHaveLength(2);
  const out = await mkdtemp(path.join(folder, 'report-'));
  const log = vi.spyOn(console, 'log').mockImplementation(() => undefined);
  const error = vi.spyOn(console, 'error').mockImplementation(() => undefined);
  try {
    const fixed = ['--model', saved.folder, '--backend', 'wasm', '--out', out];
    await createEvaluateCommand().parseAsync(['--data', colour, ...fixed], { from: 'user' });
    const other = createEvaluateCommand().parseAsync(['--data', gray, ...fixed], { from: 'user' });
    await expect(other).rejects.toThrow('takes images of 64x64x3 pixels, those of site');
  } finally {
    log.mockRestore();
    error.mockRestore();
  }
  const { models } = JSON.parse(await readFile(path.join(out, 'table.json'), 'utf8'));
  const scores = models[0].neurons.map(
    (neuron: { scores: { CORR: { value: number } } }) => neuron.scores.CORR.value,
  );
  expect(scores).toEqual(corrOf(saved).map((value) => expect.closeTo(value, 4)));

  const alone = await train('--data', colour, ...words);
  const core = ['--core', alone.folder];
  const kept = await train('--data', colour, '--recipe', 'gabor_energy', '--epochs', '1', ...core);
  const [before, after] = [await readWeights(alone), await readWeights(kept)];
  expect(after.get('core.gray')).toEqual(before.get('core.gray'));
  await expect(
    train('--data', gray, '--recipe', 'gabor_energy', '--epochs', '1', ...core),
  ).rejects.toThrow(/has images in colour; expected gray images, as in the data/);
}, 240_000);
