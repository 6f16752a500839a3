import * as tf from '@tensorflow/tfjs';
import { beforeAll, expect, test } from 'vitest';
import type { Weights } from '../../../src/models/saved-model.js';
import { ARCHITECTURES } from '../../../src/network/architectures/index.js';
import { openBackend } from '../../../src/network/backends/open.js';
import { initialParameters, parameterSpecifications } from '../../../src/network/parameters.js';
import { randomStream } from '../../../src/network/random.js';
import type { Recording } from '../../../training/data/recording.js';
import { withResponders } from '../../../training/model/responder.js';
import {
  foldScale,
  fromScale,
  measureScale,
  scalesWithUntrained,
  toScale,
  unfoldScale,
} from '../../../training/model/response-scale.js';
import { greatestDifference } from '../../support/numbers.js';

beforeAll(async () => {
  await openBackend('wasm');
});

/** Responses alone, [images, neurons]. */
function recordingOf(rows: readonly (readonly number[])[]): Recording {
  return {
    ...{ count: rows.length, height: 1, width: 1, channels: 1, neurons: rows[0]!.length },
    ...{ responses: Float32Array.from(rows.flat()), responseFile: '', digests: [] },
    stimuli: () => Promise.reject(new Error('there are no images')),
  };
}

test('the scale of a neuron is of the images that it was measured for', () => {
  const recording = recordingOf([
    [10, 4, Number.NaN],
    [Number.NaN, 4, Number.NaN],
    [20, 4, 7],
    [30, 4, Number.NaN],
  ]);
  const scale = measureScale(recording, 0);
  expect(scale.mean).toBe(20);
  expect(scale.unit).toBeCloseTo(10 * Math.sqrt(200 / 3), 12);
  const own = [10, 20, 30].map((response) => toScale(response, scale));
  const expected = [-Math.sqrt(0.015), 0, Math.sqrt(0.015)]; // their variance is 0.1²
  expect(greatestDifference(own, expected)).toBeLessThan(1e-12);
  // Responses that are all the same have no scale of their own.
  for (const id of [1, 2]) expect(measureScale(recording, id)).toEqual({ mean: 0, unit: 1 });
});

test('a neuron that was not trained has the mean of its responses, whatever the network computes', () => {
  const recording = recordingOf([
    [10, 4, 0],
    [Number.NaN, 5, 0],
    [20, 6, 0],
  ]);
  const neurons = [0, 1, 2].map((id) => ({ id, keptEpoch: id === 0 ? 3 : null }));
  const trained = new Map([[0, { mean: 1, unit: 2 }]]);
  const scales = scalesWithUntrained({ readout: 'full' }, trained, recording, neurons);
  expect([...scales]).toEqual([
    [0, { mean: 1, unit: 2 }],
    [1, { mean: 5, unit: 0 }],
    [2, { mean: 0, unit: 0 }],
  ]);
  const rates = scalesWithUntrained(
    { readout: 'full', output: 'softplus' },
    trained,
    recording,
    neurons,
  );
  const softplus = (id: number) => Math.log1p(Math.exp(rates.get(id)!.mean));
  expect(softplus(1)).toBeCloseTo(5, 12);
  expect(softplus(2)).toBeLessThan(1.1e-8);
});

test.each(['ff_cnn', 'rf_cnn', 'ff_sa_cnn_star_incr_fc1'] as const)(
  'a %s takes in the scale of each neuron, and gives it back',
  async (id) => {
    const scales = [
      { mean: 33, unit: 12.5 },
      { mean: -0.25, unit: 0.01 },
    ];
    const architecture = { ...ARCHITECTURES[id].network, channels: 4 };
    const specifications = parameterSpecifications(architecture, { height: 50, width: 50 });
    const weights = initialParameters(specifications, [0, 1], 1);
    const folded = foldScale(architecture, weights, scales);
    const random = randomStream(1, 'pixels');
    const pixels = Float32Array.from({ length: 3 * 50 * 50 }, () => random.uniform());
    const stimuli = tf.tensor4d(pixels, [3, 50, 50, 1]);
    const respond = async (networks: Weights) => {
      const all = { architecture, scale: 1, offset: 0, neurons: [0, 1], weights: networks };
      const [values] = await withResponders(all, 2, (responder) => responder.respond(stimuli));
      return values!;
    };
    const matrix = { stimuli: 3, neurons: 2, values: await respond(weights) };
    const expected = fromScale(matrix, scales).values;
    const relative = [...(await respond(folded))].map(
      (value, i) => (value - expected[i]!) / scales[i % 2]!.unit,
    );
    // float32: 33 has 12.5 / 2^22 of precision to spare
    expect(Math.max(...relative.map(Math.abs))).toBeLessThan(2e-5);
    stimuli.dispose();
    for (const [name, { data }] of unfoldScale(architecture, folded, scales)) {
      expect(greatestDifference([...data], [...weights.get(name)!.data]), name).toBeLessThan(1e-5);
    }
  },
);
