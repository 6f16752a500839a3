import * as tf from '@tensorflow/tfjs';
import { beforeAll, expect, test } from 'vitest';
import type { Architecture } from '../../src/network/architecture.js';
import { READOUTS } from '../../src/network/architecture.js';
import { ArchitectureId } from '../../src/network/architectures/id.js';
import { ARCHITECTURES } from '../../src/network/architectures/index.js';
import { openBackend } from '../../src/network/backends/open.js';
import { forward } from '../../src/network/forward.js';
import { centreIndex } from '../../src/network/layers/map.js';
import { readLinear } from '../../src/network/layers/read-linear.js';
import { mapSizes } from '../../src/network/map-sizes.js';
import { initialParameters, parameterSpecifications } from '../../src/network/parameters.js';
import { randomStream } from '../../src/network/random.js';
import { greatestDifference } from '../support/numbers.js';

const NEURONS = [0, 3];
const IMAGES = 3;

beforeAll(() => openBackend('wasm'));

function normals(shape: number[], ...keys: string[]): tf.Tensor {
  const random = randomStream('readout terms', ...keys);
  const values = Float32Array.from({ length: shape.reduce((a, b) => a * b) }, () =>
    random.normal(),
  );
  return tf.tensor(values, shape);
}

function parametersOf(architecture: Architecture, side: number) {
  const specifications = parameterSpecifications(architecture, { height: side, width: side });
  const initial = initialParameters(specifications, NEURONS, 1);
  return Object.fromEntries(
    [...initial].map(([name, { shape, data }]) => [name, tf.tensor(data, [...shape], 'float32')]),
  );
}

test.each(ArchitectureId.options)(
  '%s: centre, surround and bias add up to the response, to 1e-5',
  (id) => {
    const before = tf.memory().numTensors;
    tf.tidy(() => {
      const architecture = ARCHITECTURES[id].network;
      const parameters = parametersOf(architecture, 50);
      const stimuli = normals([IMAGES, 50, 50, 1], 'stimuli') as tf.Tensor4D;
      const { responses, terms } = forward(architecture, parameters, stimuli, undefined, {
        terms: true,
      });
      const { centre, surround, bias } = terms!;
      for (const term of [centre, surround, bias]) expect(term.shape).toEqual([IMAGES, 2]);
      const sum = centre.add(surround).add(bias);
      expect(greatestDifference(sum.dataSync(), responses.dataSync())).toBeLessThan(1e-5);
      const seesSurround = architecture.readout !== 'centre';
      expect(surround.abs().max().dataSync()[0]! > 1e-3).toBe(seesSurround);
      const [first, ...others] = bias.arraySync();
      for (const row of others) expect(row).toEqual(first);
    });
    expect(tf.memory().numTensors).toBe(before);
  },
);

test('with a softplus they add up to its input, and they are computed only on request', () => {
  tf.tidy(() => {
    const architecture: Architecture = { ...ARCHITECTURES.ff_cnn.network, output: 'softplus' };
    const parameters = parametersOf(architecture, 50);
    const stimuli = normals([IMAGES, 50, 50, 1], 'stimuli') as tf.Tensor4D;
    const wanted = { terms: true };
    const { responses, terms } = forward(architecture, parameters, stimuli, undefined, wanted);
    const sum = terms!.centre.add(terms!.surround).add(terms!.bias).arraySync() as number[][];
    const expected = sum.flat().map((value) => Math.log1p(Math.exp(value)));
    expect(greatestDifference(responses.dataSync(), expected)).toBeLessThan(1e-5);
    expect(forward(architecture, parameters, stimuli).terms).toBeUndefined();
  });
});

test.each(['full', 'centre', 'split'] as const)(
  'a %s readout equals the sum by hand, to 1e-5',
  (kind) => {
    const [height, width, channels] = [3, 5, 4];
    const cells = height * width;
    const middle = centreIndex({ height, width });
    tf.tidy(() => {
      const map = normals([IMAGES, height, width, 2 * channels], kind, 'map') as tf.Tensor4D;
      const shapes: Record<string, number[]> = {
        readout: kind === 'full' ? [height, width, channels] : [1, 1, channels],
        'readout.centre': [1, channels],
        'readout.surround': [cells - 1, channels],
        'readout.combiner': [2],
      };
      const linear = (name: string) => ({
        weight: normals([2, ...shapes[name]!], kind, name, 'weight'),
        bias: normals([2, 1], kind, name, 'bias') as tf.Tensor2D,
      });
      const weights = (name: string, neuron: number) => {
        const all = linear(name).weight.dataSync();
        return all.subarray((neuron * all.length) / 2, ((neuron + 1) * all.length) / 2);
      };
      const bias = (name: string, neuron: number) => linear(name).bias.dataSync()[neuron]!;
      const value = map.dataSync();
      /** The sum over channels of one cell, with the weights from a row on. */
      const cell = (
        image: number,
        neuron: number,
        at: number,
        w: ArrayLike<number>,
        row: number,
      ) => {
        let sum = 0;
        for (let c = 0; c < channels; c++) {
          const x = value[((image * cells + at) * 2 + neuron) * channels + c]!;
          sum += x * w[row * channels + c]!;
        }
        return sum;
      };
      const others = Array.from({ length: cells }, (_, at) => at).filter((at) => at !== middle);
      const expected = { centre: [] as number[], surround: [] as number[], bias: [] as number[] };
      for (let image = 0; image < IMAGES; image++) {
        for (const neuron of [0, 1]) {
          const outside = (w: ArrayLike<number>, row: (at: number, i: number) => number) =>
            others.reduce((sum, at, i) => sum + cell(image, neuron, at, w, row(at, i)), 0);
          if (kind === 'split') {
            const [a, b] = weights('readout.combiner', neuron);
            const surround = outside(weights('readout.surround', neuron), (_, i) => i);
            expected.centre.push(
              a! * cell(image, neuron, middle, weights('readout.centre', neuron), 0),
            );
            expected.surround.push(b! * surround);
            expected.bias.push(
              a! * bias('readout.centre', neuron) +
                b! * bias('readout.surround', neuron) +
                bias('readout.combiner', neuron),
            );
          } else {
            const w = weights('readout', neuron);
            const whole = kind === 'full';
            expected.centre.push(cell(image, neuron, middle, w, whole ? middle : 0));
            expected.surround.push(whole ? outside(w, (at) => at) : 0);
            expected.bias.push(bias('readout', neuron));
          }
        }
      }
      const terms = READOUTS[kind].terms(map, { linear, read: readLinear, tf });
      for (const name of ['centre', 'surround', 'bias'] as const) {
        expect(greatestDifference(terms[name].dataSync(), expected[name]), name).toBeLessThan(1e-5);
      }
    });
  },
);

test('a full readout of a single cell has no surround', () => {
  const architecture: Architecture = { ...ARCHITECTURES.ff_sa_cnn_star_simul.network, channels: 2 };
  expect(mapSizes(architecture, 16, 16).readout).toEqual({ height: 1, width: 1 });
  tf.tidy(() => {
    const stimuli = normals([IMAGES, 16, 16, 1], 'small') as tf.Tensor4D;
    const wanted = { terms: true };
    const parameters = parametersOf(architecture, 16);
    const { responses, terms } = forward(architecture, parameters, stimuli, undefined, wanted);
    expect(terms!.surround.abs().max().dataSync()[0]).toBe(0);
    const sum = terms!.centre.add(terms!.bias).dataSync();
    expect(greatestDifference(sum, responses.dataSync())).toBeLessThan(1e-5);
  });
});
