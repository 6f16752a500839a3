// A thread of bench/inference.ts that computes some neurons of a site with the kernels as WebAssembly.
import { parentPort, workerData } from 'node:worker_threads';
import { openModule } from './wasm-module.js';

export interface WasmSite {
  readonly module: WebAssembly.Module;
  /** As `describeNetwork` gives it. */
  readonly network: Int32Array;
  /** Of the neurons of this thread. */
  readonly weights: Float32Array;
}

export interface WasmQuestion {
  readonly images: Float32Array;
  readonly count: number;
  /** Of neurons among those of this thread. */
  readonly places: Int32Array;
}

/** [image, neuron] */
export type WasmAnswer = Float32Array;

const { module, network, weights }: WasmSite = workerData;
const kernels = openModule(module);
const { site } = kernels.open(network);
const ownWeights = kernels.allocate(weights.length);
kernels.floats(ownWeights, weights.length).set(weights);
/** Places of memory for arrays, by what they hold and their length. */
const kept = new Map<string, number>();

parentPort!.on('message', ({ images, count, places }: WasmQuestion) => {
  const length = count * places.length;
  const at = {
    images: keep('images', images.length),
    places: keep('places', places.length),
    responses: keep('responses', length),
  };
  kernels.floats(at.images, images.length).set(images);
  kernels.integers(at.places, places.length).set(places);
  kernels.respond(site, ownWeights, at.images, count, at.places, places.length, at.responses);
  const answer = kernels.floats(at.responses, length).slice() satisfies WasmAnswer;
  parentPort!.postMessage(answer, [answer.buffer]);
});

function keep(name: string, length: number): number {
  const key = `${name} ${length}`;
  const place = kept.get(key) ?? kernels.allocate(length);
  kept.set(key, place);
  return place;
}
