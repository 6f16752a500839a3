import { expect, test } from 'vitest';
import { InputError } from '../../src/errors.js';
import { neuronPeaks } from '../../src/tuning/peak.js';
import { rankTuning } from '../../src/tuning/rank.js';
import { matrix, matrixOfNeurons } from './matrices.js';

test('the peak has the top k stimuli, strongest first', () => {
  const { k, neurons } = neuronPeaks(matrixOfNeurons([0, 4, 1, 10, 3], [5, 4, 3, 2, 1]), { k: 2 });
  expect(k).toBe(2);
  expect(neurons[0]!.predicted).toMatchObject({
    stimuli: Uint32Array.of(3, 1),
    responses: Float64Array.of(10, 4),
    peak: 10,
    theta: 4,
  });
  expect(neurons[1]!.predicted.stimuli).toEqual(Uint32Array.of(0, 1));
  expect(neurons[0]).toMatchObject({ real: null, ptJ: null, ptS: null });
});

test('real responses have their own peak, PT_J and PT_S', () => {
  const [neuron] = neuronPeaks(matrixOfNeurons([0.9, 0.85, 0.1, 0.3, 0.2]), {
    real: matrixOfNeurons([0.1, 0.9, 0.5, 0.8, 0.2]),
    k: 2,
  }).neurons;
  expect(neuron).toMatchObject({
    predicted: { stimuli: Uint32Array.of(0, 1), peak: 0.9, theta: 0.85 },
    real: { stimuli: Uint32Array.of(1, 3), peak: 0.9, theta: 0.8 },
    ptJ: 0.5,
    ptS: 1,
  });
});

test('k is 1 % of the stimuli by default', () => {
  const responses = matrixOfNeurons(Array.from({ length: 300 }, (_, i) => i));
  const { k, neurons } = neuronPeaks(responses);
  expect(k).toBe(3);
  expect(neurons[0]!.predicted.stimuli).toEqual(Uint32Array.of(299, 298, 297));
});

test('ties are the responses equal to theta that are not among the k', () => {
  const tied = matrixOfNeurons([3, 1, 1, 5, 1, 0], [1, 2, 3, 4, 5, 6]);
  const ties = (k: number) =>
    neuronPeaks(tied, { k }).neurons.map(({ predicted }) => predicted.ties);
  expect([ties(2), ties(3), ties(5), ties(6)]).toEqual([
    [0, 0],
    [2, 0],
    [0, 0],
    [0, 0],
  ]);
  const real = matrixOfNeurons([2, 2, 2, 0, 0, 0], [1, 2, 3, 4, 5, 6]);
  const ranked = (options: object) => rankTuning(tied, { k: 2, ...options }).neurons;
  expect(ranked({}).map((neuron) => neuron.ties)).toEqual([0, 0]);
  expect(ranked({ real }).map((neuron) => neuron.ties)).toEqual([1, 0]);
});

test('equal responses keep the order of the stimuli', () => {
  const [neuron] = neuronPeaks(matrixOfNeurons([1, 2, 2, 2]), { k: 2 }).neurons;
  expect(neuron!.predicted.stimuli).toEqual(Uint32Array.of(1, 2));
});

test.each([
  ['the half itself left out', [10, 5, 6, -20], 0.5],
  ['one stimulus', [3], 1],
  ['all equal', [2, 2, 2], 1],
])('the share above half of the peak is correct: %s', (_, responses, share) => {
  const [neuron] = neuronPeaks(matrixOfNeurons(responses)).neurons;
  expect(neuron!.predicted.shareAboveHalfPeak).toMatchObject({
    value: share,
    formula: 'share of R > R_peak / 2',
    negative: 'rectified',
    baseline: 'not subtracted',
  });
});

test('a neuron that never responds has a peak but no share and no sparseness', () => {
  const [neuron] = neuronPeaks(matrixOfNeurons([-1, 0, -3])).neurons;
  expect(neuron!.predicted).toMatchObject({
    peak: 0,
    shareAboveHalfPeak: { value: null, reason: 'no response is above 0' },
    sparseness: { value: null, reason: 'no response is above 0' },
  });
});

test.each([
  ['NaN predicted', matrix([Number.NaN]), {}],
  ['NaN real', matrix([1]), { real: matrix([Number.NaN]) }],
  ['another shape', matrix([1]), { real: matrix([1], [2]) }],
  ['no stimuli', matrix(), {}],
  ['k = 0', matrix([1], [2]), { k: 0 }],
  ['k above the stimuli', matrix([1], [2]), { k: 3 }],
])('%s is rejected', (_, responses, options) => {
  expect(() => neuronPeaks(responses, options)).toThrow(InputError);
});
