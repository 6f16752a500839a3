import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { InputError } from '../../src/errors.js';
import { NetworkDescription } from '../../src/imports/description.js';
import { importNetwork } from '../../src/imports/import-network.js';
import { readGraph } from '../../src/inference/onnx/imported/read-graph.js';
import { linear, networkFile, type TestNetwork, writeNetwork } from '../support/networks.js';
import { sharedFolder } from '../support/store.js';

const ENTRY = fileURLToPath(new URL('../../dist/src/imports/measuring-worker.js', import.meta.url));
const SAID = { source: 'a test', license: 'CC0' };

const folder = sharedFolder();
let count = 0;

/** @returns the message with which a network is rejected, or the warnings of one that is imported */
async function outcome(network: TestNetwork | Uint8Array, said: object = {}): Promise<string> {
  const file = path.join(folder, `${count++}.onnx`);
  if (network instanceof Uint8Array) await writeFile(file, network);
  else await writeNetwork(file, network);
  const out = path.join(folder, 'models', `net${count}`);
  try {
    const description = NetworkDescription.parse({ ...SAID, ...said });
    const { warnings } = await importNetwork({ file, description, out }, { entry: ENTRY });
    return ['imported', ...warnings].join('; ');
  } catch (error) {
    if (error instanceof InputError) return error.message;
    throw error;
  }
}

describe('a network that cannot be served is rejected by name', () => {
  test.each<[string, TestNetwork, object, string | RegExp]>([
    ['none of these', {}, {}, 'imported'],
    ['an old opset', { opset: 6 }, {}, 'wrong opset: 6; expected one from 7 to 26'],
    ['a new opset', { opset: 99 }, {}, 'wrong opset: 99; expected one from 7 to 26'],
    [
      'an operator of another domain',
      {
        change: ({ graph }) => {
          graph.node[0]!.domain = 'com.example';
        },
      },
      {},
      'unknown operator: com.example.Reshape; expected those of ONNX alone',
    ],
    [
      'an operator that there is not',
      {
        change: ({ graph }) => {
          graph.node[0]!.opType = 'Nonsense';
        },
      },
      {},
      /^onnxruntime cannot compute the network: .*Nonsense/,
    ],
    [
      'constants in another file',
      {
        change: ({ graph }) => {
          const place = [{ key: 'location', value: '/etc/passwd' }];
          Object.assign(graph.initializer[0]!, { dataLocation: 1, externalData: place });
        },
      },
      {},
      /^the constant network\.\d is in another file; expected all in one/,
    ],
    [
      'random responses',
      {
        build: (graph, image) =>
          graph.add('Add', [linear(graph, image), graph.add('RandomNormalLike', ['image'])]),
      },
      {},
      'a random operator: RandomNormalLike; expected a network that always answers the same',
    ],
    [
      'work without end',
      { build: (graph, image) => graph.add('Loop', ['', '', linear(graph, image)]) },
      {},
      'an operator that may go on without end: Loop; expected a network whose work is the same for all images',
    ],
    [
      'two inputs',
      {
        change: ({ graph }) => void graph.input.push({ ...(graph.input[0] as object), name: 'b' }),
      },
      {},
      /^wrong inputs or outputs: image, b and responses; expected one input, the image/,
    ],
    [
      'three axes',
      { shape: [1, 4, 6] },
      {},
      'wrong shape of the input image: [1, 4, 6]; expected [N, C, H, W] or [N, H, W, C]',
    ],
    [
      'float64',
      {
        change: ({ graph }) => {
          const shape = { dim: [1, 1, 4, 6].map((dimValue) => ({ dimValue })) };
          graph.input[0] = { name: 'image', type: { tensorType: { elemType: 11, shape } } };
        },
      },
      {},
      'wrong type of the input image: DOUBLE; expected FLOAT or FLOAT16',
    ],
    [
      'colour',
      { shape: ['n', 3, 4, 6], build: (graph, image) => linear(graph, image, 72) },
      {},
      'imported',
    ],
    [
      'channels that are none',
      { shape: ['n', 2, 4, 6] },
      { layout: 'NCHW' },
      'wrong number of channels: 2; expected 1, or 3',
    ],
    [
      'an open layout',
      { shape: ['n', 1, 4, 1] },
      {},
      /^the shape of the input image leaves its layout open: \[any, 1, 4, 1\]/,
    ],
    [
      'an unknown height',
      { shape: ['n', 1, 'h', 6] },
      {},
      'the graph takes images of any height; expected "height" in the card',
    ],
    ['another width', {}, { width: 7 }, '"width" of the card is 7; expected 6, as in the graph'],
    [
      'ids of other neurons',
      {},
      { neurons: [1, 2, 3] },
      '"neurons" of the card has 3 ids; expected 2, as the network has responses',
    ],
    [
      'responses of three axes',
      { build: (graph, image) => graph.add('Reshape', [image, graph.integers([0, 4, 6])]) },
      {},
      'wrong responses: [1,4,6] for 1 images; expected [images, neurons]',
    ],
    [
      'no neurons',
      {
        build: (graph, image) =>
          graph.add('Slice', [linear(graph, image), ...[0, 0, 1].map((i) => graph.integers([i]))]),
      },
      {},
      'wrong number of responses: 0; expected one or more',
    ],
    [
      'responses that are not finite',
      { build: (graph, image) => graph.add('Log', [linear(graph, graph.add('Neg', [image]))]) },
      {},
      'response 0 to a grating is NaN; expected finite responses',
    ],
    [
      'responses of a batch of four that depend on one another',
      { shape: [4, 1, 4, 6], build: withBatchMean },
      {},
      /^responses depend on the other images of a batch: they differ by .* was the network exported in evaluation/,
    ],
    [
      'responses that say only how an image differs from the others of a batch',
      {
        build: (graph, image) => {
          const responses = linear(graph, image);
          const mean = graph.add('ReduceMean', [responses], { axes: [0] });
          return graph.add('Sub', [responses, mean]);
        },
      },
      {},
      /^imported; responses depend on the other images of a batch: they differ by [\d.]+; was .*; the responses are the same/,
    ],
    [
      'responses of any batch that depend on one another: computed alone',
      { build: withBatchMean },
      {},
      /^imported; responses depend on the other images .* Each image is computed alone$/,
    ],
    [
      'the same response to all images',
      { build: (graph, image) => graph.add('Mul', [linear(graph, image), zero(graph)]) },
      {},
      'imported; the responses are the same to all images',
    ],
    [
      'a constant of its own for each neuron',
      {
        build: (graph, image) => {
          const none = graph.add('Mul', [linear(graph, image), zero(graph)]);
          return graph.add('Add', [none, graph.constant(Float32Array.of(1, 2), [2])]);
        },
      },
      {},
      'imported; the responses are the same to all images',
    ],
  ])('%s', async (_, network, said, expected) => {
    const found = await outcome(network, said);
    if (typeof expected === 'string') expect(found).toBe(expected);
    else expect(found).toMatch(expected);
  });
});

/** Adds the mean over the images of the batch. */
function withBatchMean(graph: Parameters<typeof linear>[0], image: string): string {
  const responses = linear(graph, image);
  return graph.add('Add', [responses, graph.add('ReduceMean', [responses], { axes: [0] })]);
}

function zero(graph: Parameters<typeof linear>[0]): string {
  return graph.constant(Float32Array.of(0), [1]);
}

test('a network that takes too long is stopped', async () => {
  const file = await writeNetwork(path.join(folder, 'slow.onnx'));
  const description = NetworkDescription.parse(SAID);
  const out = path.join(folder, 'models', 'slow');
  await expect(
    importNetwork({ file, description, out }, { entry: ENTRY, patience: 1 }),
  ).rejects.toThrow('the network cannot be computed: it takes more than 0.001 s for a few images');
});

test('a file that is cut off or has other bits is rejected, or read, without another error', () => {
  const whole = networkFile();
  const damage = fc.record({
    length: fc.integer({ min: 0, max: whole.length }),
    bits: fc.array(fc.nat(8 * whole.length - 1), { maxLength: 8 }),
  });
  fc.assert(
    fc.property(damage, ({ length, bits }) => {
      expect(() => {
        try {
          readGraph(damaged(whole, length, bits));
        } catch (error) {
          if (!(error instanceof InputError)) throw error;
        }
      }).not.toThrow();
    }),
    { numRuns: 3000, examples: [[{ length: 0, bits: [] }]] },
  );
});

test('a damaged file that can be read ends only the process that runs it', async () => {
  const whole = networkFile();
  const readable: Uint8Array[] = [];
  for (let bit = 0; readable.length < 6 && bit < 8 * whole.length; bit += 331) {
    const bytes = damaged(whole, whole.length, [bit]);
    try {
      readGraph(bytes);
      readable.push(bytes);
    } catch {
      // Not of interest here.
    }
  }
  expect(readable).toHaveLength(6);
  for (const bytes of readable) expect(await outcome(bytes)).toBeTypeOf('string');
});

function damaged(whole: Uint8Array, length: number, bits: readonly number[]): Uint8Array {
  const bytes = Uint8Array.from(whole.subarray(0, length)); // a slice of a Buffer shares its memory
  for (const bit of bits) {
    const at = bit >> 3;
    if (at < length) bytes[at]! ^= 1 << (bit & 7);
  }
  return bytes;
}
