import fc from 'fast-check';
import { expect, test } from 'vitest';
import { InputError } from '../../src/errors.js';
import { neuronMetrics } from '../../src/tuning/metrics.js';
import { rankTuning } from '../../src/tuning/rank.js';
import { column } from '../../src/tuning/response-matrix.js';
import { matrix, matrixOfNeurons } from './matrices.js';

const predicted = matrixOfNeurons([0.2, 0.4, 0.1], [0.9, 0.5, 0.7]);
const real = matrixOfNeurons([1, 2, 3], [6, 4, 5]);

test('real and predicted responses are in the order of the real ones', () => {
  const tuning = rankTuning(predicted, { real, k: 1 });
  expect(tuning).toMatchObject({ orderedBy: 'real', k: 1 });
  expect(tuning.neurons[0]).toMatchObject({
    order: Uint32Array.of(2, 1, 0),
    real: Float64Array.of(3, 2, 1),
    predicted: Float64Array.of(0.1, 0.4, 0.2),
  });
  expect(tuning.neurons[1]).toMatchObject({
    order: Uint32Array.of(0, 2, 1),
    real: Float64Array.of(6, 5, 4),
    predicted: Float64Array.of(0.9, 0.7, 0.5),
  });
});

test('without real responses the predicted ones give the order, and there are no metrics', () => {
  const tuning = rankTuning(predicted);
  expect(tuning.orderedBy).toBe('predicted');
  expect(tuning.neurons[0]).toEqual({
    order: Uint32Array.of(1, 0, 2),
    real: null,
    ties: 0,
    predicted: Float64Array.of(0.4, 0.2, 0.1),
    metrics: null,
  });
  expect(tuning.population.real).toBeNull();
});

test('the population curve is the mean over neurons at each rank', () => {
  const { population } = rankTuning(predicted, { real });
  expect(population.real).toEqual(Float64Array.of(4.5, 3.5, 2.5));
  [0.5, 0.55, 0.35].forEach((mean, rank) => {
    expect(population.predicted[rank]).toBeCloseTo(mean, 14);
  });
});

test('the metrics are those of the neuron', () => {
  const { neurons } = rankTuning(predicted, { real, k: 2 });
  neurons.forEach(({ metrics }, j) => {
    expect(metrics).toEqual(neuronMetrics(column(real, j), column(predicted, j), 2));
  });
});

test('a rank curve is a permutation of the responses and never rises', () => {
  const responses = fc
    .record({ stimuli: fc.integer({ min: 1, max: 20 }), neurons: fc.integer({ min: 1, max: 4 }) })
    .chain(({ stimuli, neurons }) =>
      fc.array(
        // Few values, so that ties are common.
        fc.array(fc.integer({ min: -3, max: 3 }), { minLength: neurons, maxLength: neurons }),
        { minLength: stimuli, maxLength: stimuli },
      ),
    );
  fc.assert(
    fc.property(responses, (rows) => {
      const given = matrix(...rows);
      const { neurons, population } = rankTuning(given);
      neurons.forEach(({ order, predicted: curve }, j) => {
        expect([...order].sort((a, b) => a - b)).toEqual([...rows.keys()]);
        expect([...curve]).toEqual([...order].map((i) => rows[i]![j]));
        for (let rank = 1; rank < order.length; rank += 1) {
          expect(curve[rank]!).toBeLessThanOrEqual(curve[rank - 1]!);
          if (curve[rank] === curve[rank - 1])
            expect(order[rank]!).toBeGreaterThan(order[rank - 1]!);
        }
      });
      for (let rank = 1; rank < rows.length; rank += 1) {
        expect(population.predicted[rank]!).toBeLessThanOrEqual(population.predicted[rank - 1]!);
      }
    }),
  );
});

test('one stimulus and one neuron make a curve of one point', () => {
  const tuning = rankTuning(matrix([3]), { real: matrix([2]) });
  expect(tuning.neurons).toEqual([
    {
      ties: 0,
      order: Uint32Array.of(0),
      real: Float64Array.of(2),
      predicted: Float64Array.of(3),
      metrics: {
        corr: null,
        corrReason: 'the real or the predicted responses are constant',
        theta: 2,
        ptJ: 1,
        ptS: 1,
      },
    },
  ]);
});

test.each([
  ['NaN predicted', matrix([Number.NaN]), {}],
  ['NaN real', matrix([1]), { real: matrix([Number.NaN]) }],
  ['another number of stimuli', matrix([1]), { real: matrix([1], [2]) }],
  ['another number of neurons', matrix([1]), { real: matrix([1, 2]) }],
  ['no stimuli', matrix(), {}],
  ['k = 0', matrix([1], [2]), { k: 0 }],
  ['k above the stimuli', matrix([1], [2]), { k: 3 }],
])('%s is rejected', (_, responses, options) => {
  expect(() => rankTuning(responses, options)).toThrow(InputError);
});
