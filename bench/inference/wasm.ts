import { readFile } from 'node:fs/promises';
import { Worker } from 'node:worker_threads';
import { MARGIN, type NativeSite } from '../../src/inference/kernels/addon.js';
import {
  type KernelSite,
  type Packer,
  packNetworks,
} from '../../src/inference/kernels/site-kernels.js';
import { compileModule, type KernelModule, openModule } from './wasm-module.js';
import type { WasmAnswer, WasmQuestion, WasmSite } from './wasm-thread.js';

/** Computes responses, [image, neuron], to images, [image, channel, row, column]. */
export type WasmRespond = (
  images: Float32Array,
  count: number,
  neurons: Int32Array,
) => Promise<Float32Array>;

/**
 * The kernels as WebAssembly, in threads that have every so manieth neuron each.
 * @param file as `compileWasm` makes it
 */
export async function openWasm(
  file: string,
  site: KernelSite,
  threads: number,
): Promise<WasmRespond> {
  const module = await compileModule(await readFile(file));
  const { network, weights, count } = packNetworks(createPacker(openModule(module)), site);
  const floats = (weights.length - MARGIN) / count;
  const workers = Array.from({ length: threads }, (_, thread) => {
    const own = Array.from({ length: count }, (_, i) => i).filter((i) => i % threads === thread);
    const workerData: WasmSite = {
      module,
      network,
      weights: new Float32Array(own.length * floats),
    };
    for (const [place, neuron] of own.entries()) {
      const from = neuron * floats;
      workerData.weights.set(weights.subarray(from, from + floats), place * floats);
    }
    return new Worker(new URL('wasm-thread.js', import.meta.url), { workerData });
  });
  return async (images, count, neurons) => {
    const responses = new Float32Array(count * neurons.length);
    const answers = workers.map(async (worker, thread) => {
      const columns = [...neurons.keys()].filter((i) => neurons[i]! % threads === thread);
      if (columns.length === 0) return;
      const places = Int32Array.from(columns, (i) => Math.floor(neurons[i]! / threads));
      const own = await ask(worker, { images, count, places });
      for (let i = 0; i < own.length; i++) {
        const row = Math.floor(i / columns.length);
        responses[row * neurons.length + columns[i % columns.length]!] = own[i]!;
      }
    });
    await Promise.all(answers);
    return responses;
  };
}

function ask(worker: Worker, question: WasmQuestion): Promise<WasmAnswer> {
  return new Promise((resolve, reject) => {
    worker.once('error', reject);
    worker.once('message', (answer: WasmAnswer) => {
      worker.off('error', reject);
      resolve(answer);
    });
    worker.postMessage(question);
  });
}

/** Packs the weights of one neuron after the other in the memory of the module. */
function createPacker(kernels: KernelModule): Packer {
  let opened = 0;
  let floats = 0;
  let packed = 0;
  return {
    block: kernels.block(),
    createSite(network) {
      ({ site: opened, floats } = kernels.open(network));
      packed = kernels.allocate(floats);
      return { site: {} as NativeSite, floats, bytes: 0, multiplications: 0 };
    },
    firstPlace: () => 0,
    preferLargePages: () => undefined,
    packStep(_site, weights, neuron, step, folded) {
      kernels.pack(opened, step, folded, packed);
      weights.set(kernels.floats(packed, floats), neuron * floats);
    },
  };
}
