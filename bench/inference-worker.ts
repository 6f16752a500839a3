// A contender of bench/inference.ts: `engine`, the onnx engine of the service, or `session`, a session of
// onnxruntime on the graph that `npm run export` writes. Answers each line, a number of images, with the
// milliseconds that their responses took; `neuron` is one image for one neuron, `peak` requests the
// GFLOP/s of a matrix product.
import { createInterface } from 'node:readline';
import { exportedGraph } from '../deploy/onnx/exported-graph.js';
import { createCpuEngine } from '../src/inference/cpu-engine.js';
import { ADDON_FILE } from '../src/inference/kernels/addon.js';
import { createGraph, valueNamed } from '../src/inference/onnx/graph.js';
import { loadOnnxruntime } from '../src/inference/onnx/onnxruntime.js';
import { encodeModel } from '../src/inference/onnx/proto.js';
import { STIMULI } from '../src/inference/onnx/site-graph.js';
import { nativeCard } from '../src/models/native-card.js';
import { readMembers, readModel, type SavedModel } from '../src/models/saved-model.js';
import { randomStream } from '../src/network/random.js';
import type { Stimuli } from '../src/stimulus/stimuli.js';

/** Side of the matrices that no cache holds. */
const SIDE = 2048;

type Respond = (stimuli: Stimuli, neurons: Int32Array) => Promise<unknown>;

const { InferenceSession, Tensor } = await loadOnnxruntime();
const [kind, folder = '', count] = process.argv.slice(2);
const threads = Number(count);
const model = await readModel(folder);
const all = Int32Array.from(model.card.neurons.keys());
const respond = await (kind === 'engine' ? openEngine(model) : openSession(model));
const product = await openProduct();

await time('1');
console.log(`ready ${kind === 'engine' ? 'engine onnx' : 'bare session'}`);
for await (const line of createInterface({ input: process.stdin })) {
  console.log(String(line === 'peak' ? await product() : await time(line)));
}
process.exit(0);

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

async function openEngine({ folder, digest }: SavedModel): Promise<Respond> {
  const engine = createCpuEngine({ threads, kernels: ADDON_FILE });
  await engine.load(folder, digest);
  return (stimuli, neurons) => engine.respond({ digest, stimuli, neurons });
}

/** It cannot compute some of the neurons only. */
async function openSession(saved: SavedModel): Promise<Respond> {
  const card = nativeCard(saved.card);
  const graph = exportedGraph(card, card.neurons.length, await readMembers(saved), {});
  const session = await InferenceSession.create(graph, { intraOpNumThreads: threads });
  return ({ count, height, width, pixels }) =>
    session.run({ [STIMULI]: new Tensor('float32', pixels, [count, 1, height, width]) });
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
