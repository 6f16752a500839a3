import { expect, test } from 'vitest';
import type { Recording } from '../../../training/data/recording.js';
import { checkTargets, splitSite } from '../../../training/data/split.js';

/** Image i has one pixel, i; neuron n responds with i + n / 10. */
function recording(count: number): Recording {
  const responses = Float32Array.from({ length: 2 * count }, (_, i) => (i >> 1) + (i % 2) / 10);
  return {
    count,
    channels: 1,
    height: 1,
    width: 1,
    neurons: 2,
    responses,
    responseFile: 'trainRsp.npy',
    digests: Array.from({ length: count }, (_, i) => `digest ${i}`),
    stimuli: async (indices) => ({
      count: indices.length,
      height: 1,
      width: 1,
      channels: 1 as const,
      pixels: Float32Array.from(indices),
    }),
  };
}

const site = { training: recording(45), validation: recording(10) };

async function imagesOf(some: Recording): Promise<number[]> {
  const all = Array.from({ length: some.count }, (_, i) => i);
  const { pixels } = await some.stimuli(all);
  for (const i of all) expect(some.responses[2 * i + 1]).toBe(Math.fround(pixels[i]! + 0.1));
  return [...pixels];
}

test('validation images choose the kept epoch unless training images are held out', () => {
  expect(splitSite(site, 'validation', 1)).toEqual({ ...site, selection: site.validation });
});

test('one training image in ten is held out with its responses, by the seed', async () => {
  const { training, selection, validation } = splitSite(site, 'heldout', 1);
  expect(validation).toBe(site.validation);
  const heldOut = await imagesOf(selection);
  expect(heldOut).toHaveLength(4);
  const both = [...(await imagesOf(training)), ...heldOut];
  expect(both.toSorted((a, b) => a - b)).toEqual(Array.from({ length: 45 }, (_, i) => i));
  expect(await imagesOf(splitSite(site, 'heldout', 1).selection)).toEqual(heldOut);
  expect(await imagesOf(splitSite(site, 'heldout', 2).selection)).not.toEqual(heldOut);
});

test('too few images to hold out and negative counts are reported', () => {
  const few = { ...site, training: recording(19) };
  expect(() => splitSite(few, 'heldout', 1)).toThrow(
    '--select heldout holds out one training image in 10, and needs at least 20: 19 are there',
  );
  const negative = recording(20);
  negative.responses[2 * 7 + 1] = -0.5;
  checkTargets({ training: negative }, 'mse');
  checkTargets(site, 'poisson');
  expect(() => checkTargets({ training: negative }, 'poisson')).toThrow(
    'trainRsp.npy: the response of neuron 1 to image 7 is -0.5, and the Poisson loss is of counts, ' +
      'which are not negative: train with --loss mse, or set negative responses to 0',
  );
});
