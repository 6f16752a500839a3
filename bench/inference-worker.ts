// A contender of bench/inference.ts, on the files of a model: see bench/inference/engines.ts. Answers each line, a number of images,
// with the milliseconds that their responses took; `neuron` is one image for one neuron, `peak` requests the
// GFLOP/s of a matrix product, `bandwidth` the GB/s at which the threads read memory, `golden` the greatest difference
// from the card's responses, as a share of their range; `multiplications` and `bytes` what the kernels take for an image
// and a neuron, 0 without kernels.
import { createInterface } from 'node:readline';
import { exportedGraph } from '../deploy/onnx/exported-graph.js';
import { messageOf } from '../src/errors.js';
import { createCpuEngine } from '../src/inference/cpu-engine.js';
import { goldenStimuli } from '../src/inference/golden-check.js';
import { ADDON_FILE, loadAddon } from '../src/inference/kernels/addon.js';
import { packNetworks } from '../src/inference/kernels/site-kernels.js';
import { createGraph, valueNamed } from '../src/inference/onnx/graph.js';
import { loadOnnxruntime } from '../src/inference/onnx/onnxruntime.js';
import { encodeModel } from '../src/inference/onnx/proto.js';
import { RESPONSES, STIMULI } from '../src/inference/onnx/site-graph.js';
import { nativeCard } from '../src/models/native-card.js';
import { readMembers, readModel } from '../src/models/saved-model.js';
import { isShared } from '../src/network/any-architecture.js';
import { randomStream } from '../src/network/random.js';
import { requiredParts } from '../src/network/required-parts.js';
import type { Stimuli } from '../src/stimulus/stimuli.js';
import { openBandwidth } from './inference/bandwidth.js';
import { ENGINES, type EngineName } from './inference/engines.js';
import { openWasm } from './inference/wasm.js';
import { createWinogradGraph } from './inference/winograd-graph.js';

/** Side of the matrices that no cache holds. */
const SIDE = 2048;

/** [image, neuron] */
type Respond = (stimuli: Stimuli, neurons: Int32Array) => Promise<ArrayLike<number>>;

/** Open the engines. */
const OPENERS: Readonly<Record<EngineName, () => Promise<Respond>>> = {
  engine: () => openEngine(ADDON_FILE),
  onnxruntime: () => openEngine(),
  session: () => openSession(),
  'winograd-2': () => openSession(2),
  'winograd-4': () => openSession(4),
  wasm: () => openModule(),
  'wasm-relaxed': () => openModule(),
};

const { InferenceSession, Tensor } = await loadOnnxruntime();
const [argument, folder = '', count, file = ''] = process.argv.slice(2);
const name = argument as EngineName;
const threads = Number(count);
const model = await readModel(folder);
const all = Int32Array.from(model.card.neurons.keys());
const respond = await OPENERS[name]().catch((error: unknown) => {
  console.error(messageOf(error));
  return process.exit(1);
});
const product = await openProduct();
const bandwidth = openBandwidth(threads);

await time('1');
console.log(`ready ${ENGINES[name]}`);
for await (const line of createInterface({ input: process.stdin })) {
  console.log(String(await answer(line)));
}
process.exit(0);

async function answer(line: string): Promise<number> {
  switch (line) {
    case 'peak':
      return await product();
    case 'bandwidth':
      return await bandwidth();
    case 'golden':
      return await greatestDifference();
    case 'multiplications':
    case 'bytes':
      return (await measureKernels())[line];
    default:
      return await time(line);
  }
}

/** What the kernels take for a neuron of the model. */
async function measureKernels() {
  const { architecture, stimulus } = nativeCard(model.card);
  const addon = loadAddon();
  if (addon === undefined || isShared(architecture)) return { multiplications: 0, bytes: 0 };
  const members = await readMembers(model);
  const one = { architecture, stimulus, members, networks: [0], precision: 'float32' } as const;
  const { multiplications, floats } = addon.createSite(packNetworks(addon, one).network, 0);
  return { multiplications, bytes: floats * Float32Array.BYTES_PER_ELEMENT };
}

/** From the card's responses, as a share of their range. */
async function greatestDifference(): Promise<number> {
  const expected = model.card.golden.responses.flat();
  const responses = await respond(goldenStimuli(model.card), all);
  const greatest = expected.reduce((most, value, i) => {
    return Math.max(most, Math.abs(value - responses[i]!));
  }, 0);
  const [most, least] = [
    expected.reduce((a, b) => Math.max(a, b)),
    expected.reduce((a, b) => Math.min(a, b)),
  ];
  return greatest / (most - least);
}

async function time(line: string): Promise<number> {
  const stimuli = drawStimuli(line === 'neuron' ? 1 : Number(line));
  const neurons = line === 'neuron' ? all.subarray(0, 1) : all;
  const begun = performance.now();
  await respond(stimuli, neurons);
  return performance.now() - begun;
}

function drawStimuli(images: number): Stimuli {
  const { height, width } = model.card.stimulus;
  const random = randomStream(1, 'stimuli');
  const pixels = Float32Array.from({ length: images * height * width }, () => random.uniform());
  return { count: images, height, width, channels: 1, pixels };
}

async function openEngine(kernels?: string): Promise<Respond> {
  const { folder, digest } = model;
  const engine = createCpuEngine({ threads, ...(kernels === undefined ? {} : { kernels }) });
  await engine.load(folder, digest);
  return (stimuli, neurons) => engine.respond({ digest, stimuli, neurons });
}

/**
 * It cannot compute some of the neurons only.
 * @param tile of Winograd's method, where that computes the 5x5 convolutions
 */
async function openSession(tile?: 2 | 4): Promise<Respond> {
  const card = nativeCard(model.card);
  const [, input] = requiredParts(card.architecture, card.stimulus);
  if (tile && isShared(card.architecture)) throw new Error('no 5x5 convolution of maps');
  const winograd = tile && input && createWinogradGraph(tile, input);
  const members = await readMembers(model);
  const graph = exportedGraph(card, card.neurons.length, members, {}, winograd);
  const session = await InferenceSession.create(graph, { intraOpNumThreads: threads });
  return async ({ count, height, width, pixels }) => {
    const stimuli = new Tensor('float32', pixels, [count, 1, height, width]);
    const { [RESPONSES]: responses } = await session.run({ [STIMULI]: stimuli });
    return responses!.data as Float32Array;
  };
}

/** Computes the part of the stimuli that reaches the readout. */
async function openModule(): Promise<Respond> {
  const { architecture, stimulus } = nativeCard(model.card);
  if (isShared(architecture)) throw new Error('the kernels compute no shared core');
  const members = await readMembers(model);
  const site = { architecture, stimulus, members, networks: all, precision: 'float32' } as const;
  const compute = await openWasm(file, site, threads);
  return ({ count, pixels }, neurons) => compute(pixels, count, neurons);
}

async function openProduct(): Promise<() => Promise<number>> {
  const graph = createGraph('product');
  const shape = [SIDE, SIDE];
  const from = graph.add('MatMul', ['left', 'right']);
  const file = encodeModel({
    irVersion: 8,
    opsetImport: [{ domain: '', version: 17 }],
    producerName: 'bench',
    graph: graph.finish(
      [valueNamed('left', shape), valueNamed('right', shape)],
      [{ ...valueNamed('product', shape), from }],
    ),
    metadataProps: [],
  });
  const session = await InferenceSession.create(file, { intraOpNumThreads: threads });
  const draw = () => {
    const random = randomStream(1, 'matrix');
    const data = Float32Array.from({ length: SIDE * SIDE }, () => random.uniform());
    return new Tensor('float32', data, shape);
  };
  const feeds = { left: draw(), right: draw() };
  await session.run(feeds);
  return async () => {
    const begun = performance.now();
    await session.run(feeds);
    return (2e-6 * SIDE ** 3) / (performance.now() - begun);
  };
}
