import { expect, test } from 'vitest';
import { measureGradient } from '../../src/imports/measure-gradient.js';
import { createGraph, valueNamed } from '../../src/inference/onnx/graph.js';
import { loadOnnxruntime } from '../../src/inference/onnx/onnxruntime.js';
import { encodeModel } from '../../src/inference/onnx/proto.js';

test('the gradient of an image with more pixels than a function takes arguments is compared', async () => {
  const [height, width] = [400, 400];
  const size = height * width;
  // the response is the sum of the pixels, so that its gradient is 1 everywhere
  const graph = createGraph('gradient');
  const ones = graph.constant(new Float32Array(size).fill(1), [1, 1, height, width]);
  const weight = graph.add('Reshape', ['weights', graph.integers([1, 1, 1, 1])]);
  const output = {
    ...valueNamed('gradient', [1, 1, height, width]),
    from: graph.add('Mul', [ones, weight]),
  };
  const inputs = [valueNamed('image', [1, 1, height, width]), valueNamed('weights', [1])];
  const bytes = encodeModel({
    irVersion: 8,
    opsetImport: [{ domain: '', version: 17 }],
    producerName: 'test',
    graph: graph.finish(inputs, [output]),
    metadataProps: [],
  });
  const channel = { mean: 0, deviation: 1 };
  const gradient = await measureGradient(await loadOnnxruntime(), bytes, {
    imported: {
      input: { name: 'image', layout: 'nchw', type: 'float32', batch: 1, channels: [channel] },
      output: { name: 'responses' },
      stimulus: { height, width, channels: 1, scale: 1, offset: 0 },
    },
    neurons: 1,
    image: new Float32Array(size).fill(0.5),
    range: 1e5,
    respond: async (image) => [image.reduce((sum, pixel) => sum + pixel, 0)],
  });
  expect(gradient).toEqual({ image: 'image', weights: 'weights', output: 'gradient' });
});
