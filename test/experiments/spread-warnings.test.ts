import { expect, test } from 'vitest';
import { contrastRange } from '../../src/experiments/canvas.js';
import {
  reportSpread,
  respondWithReports,
  spreadLimits,
  spreadWarnings,
} from '../../src/experiments/spread-warnings.js';
import type { ModelCard } from '../../src/models/card.js';
import { SHARED_CORES } from '../../src/network/architectures/shared-cores.js';
import { tinyCard } from '../support/cards.js';

const CALIBRATION = {
  split: 'heldout',
  images: 40,
  intervals: [],
  residual: [1, 1, 1, 1],
} as const;
const MEMBER = { weights: 'weights.safetensors', training: tinyCard('', 1).training };

/** An ensemble of two members and four neurons. */
function ensemble(neurons: number[], mean: number): ModelCard {
  return {
    ...tinyCard('many', 1),
    members: [MEMBER, MEMBER],
    calibration: { ...CALIBRATION, intervals: [], residual: [], spread: { neurons, mean } },
  };
}

const limitsOf = (card: ModelCard, ...columns: number[]) =>
  spreadLimits(card, Int32Array.from(columns));

test('the limit of one neuron is its own, that of all is the one of the card, and of some in between', () => {
  const card = ensemble([2, 4, 6, 8], 0.6);
  expect(limitsOf(card, 2)).toEqual({ neurons: [6], mean: 1 });
  expect(limitsOf(card, 3, 0, 1, 2)).toEqual({ neurons: [8, 2, 4, 6], mean: 0.6 });
  // Half of the neurons: 1/2 is a third of the way from 1/4 to 1.
  expect(limitsOf(card, 1, 0)!.mean).toBeCloseTo(0.6 + 0.4 / 3, 12);
});

test('neurons whose members never differ do not count, and without any other there is no limit', () => {
  const card = ensemble([2, 0, 0, 2], 0.5);
  expect(limitsOf(card, 0, 1)!.mean).toBe(1);
  expect(limitsOf(card, 0, 1, 2, 3)!.mean).toBe(0.5);
  expect(limitsOf(card, 1, 2)).toBeNull();
  expect(limitsOf(ensemble([0, 0, 3, 0], 1), 2, 0)).toEqual({ neurons: [3, 0], mean: 1 });
  expect(limitsOf(tinyCard('one', 1), 0)).toBeNull();
});

test('a spread above the limit gives a warning with both numbers, one at the limit none', () => {
  const limits = limitsOf(ensemble([2, 4, 6, 8], 0.5), 0, 1, 2, 3)!;
  expect(spreadWarnings(Float32Array.of(1, 2, 3, 4), limits)).toEqual([]);
  expect(spreadWarnings(Float32Array.of(1, 2, 3, 8), limits)).toEqual([
    'the members of the ensemble disagree: relative spread 0.625 > 0.500, below which it is for most natural images',
  ]);
});

test('the warnings of the spread take the place of those of the contrast, behind what was done to a stimulus', () => {
  const limits = { neurons: [1, 1], mean: 1 };
  const reports = ['a', 'b'].map((digest) => ({ digest, warnings: ['its contrast'] }));
  const spread = Float32Array.of(0.5, 0.5, 2, 4);
  const found = reportSpread(reports, [['resized'], ['cut']], spread, limits);
  expect(found).toEqual([
    { digest: 'a', warnings: ['resized'] },
    { digest: 'b', warnings: ['cut', expect.stringContaining('relative spread 3.00 > 1.00')] },
  ]);
});

test('spread is computed where it gives the warnings, and else where it is wanted', async () => {
  const asked: number[][] = [];
  const respond = async (_: unknown, columns: Int32Array) => {
    asked.push([...columns]);
    return Float32Array.from(columns, (column) => column);
  };
  const stimuli = {
    count: 1,
    height: 3,
    width: 2,
    channels: 1 as const,
    pixels: new Float32Array(6),
  };
  const reports = [{ digest: 'a', warnings: ['its contrast'] }];
  const run = (card: ModelCard, wanted: boolean) => {
    const model = { name: 'm', version: 1, digest: '', card };
    const presented = { model, stimuli, columns: Int32Array.of(1), reports, notes: [[]] };
    return respondWithReports(presented, { respond }, wanted);
  };
  // Members' columns of neuron 1 of 4 are 5 and 9: their mean is 7, and each is 2 from it.
  const both = { mean: Float32Array.of(7), spread: Float32Array.of(2) };
  const { calibration: _, ...silent } = ensemble([], 1);
  expect(await run(silent, false)).toEqual({ mean: Float32Array.of(1), reports });
  expect(await run(silent, true)).toEqual({ ...both, reports });
  expect(await run(ensemble([1, 1, 1, 1], 1), false)).toEqual({
    ...both,
    reports: [{ digest: 'a', warnings: [expect.stringContaining('2.00 > 1.00')] }],
  });
  expect(asked).toEqual([[1], [5, 9], [5, 9]]);
});

test('a contrast below the range gives a warning, but of a shared core', () => {
  const card = tinyCard('one', 1);
  const stimulus = {
    ...card.stimulus,
    trainingRange: { ...card.stimulus.trainingRange!, contrast: [0.1, 0.4] as [number, number] },
  };
  const architecture = { id: 'shared_core', ...SHARED_CORES.shared_core.network } as const;
  const range = (changes: object) =>
    contrastRange({ card: { ...card, stimulus, ...changes } as ModelCard });
  expect(range({})).toEqual([0.1, 0.4]);
  expect(range({ architecture })).toEqual([0, 0.4]);
  expect(range({ architecture, stimulus: { ...stimulus, trainingRange: null } })).toBeNull();
});
