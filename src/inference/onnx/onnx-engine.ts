import type { Engine, EngineRequest } from '../engine.js';
import { checkGolden, goldenStimuli } from '../golden-check.js';
import { readVerified } from '../verified-model.js';
import { groupSize } from './cost.js';
import { createPartition, type Partition } from './partition.js';
import { encodeChoosableSite } from './site-graph.js';
import { createWorkerPool, type WorkerPool } from './worker-pool.js';

export interface OnnxEngineOptions {
  /** How many threads compute. */
  readonly threads: number;
  /** The compiled module that they run. */
  readonly entry?: URL;
}

interface LoadedModel {
  readonly partition: Partition;
}

/**
 * An engine that computes with onnxruntime on the threads of this machine's CPU. Each thread has a
 * part of the neurons, cut into groups; a request runs the groups of its neurons. The same neuron is
 * computed in the same group, each image alone, whatever the request.
 */
export function createOnnxEngine(options: OnnxEngineOptions): Engine {
  const { threads, entry = new URL('./session-worker.js', import.meta.url) } = options;
  const pool = createWorkerPool(threads, entry);
  const models = new Map<string, LoadedModel>();

  return {
    description: { name: 'onnx', device: `${threads} CPU thread${threads === 1 ? '' : 's'}` },

    async load(folder, digest) {
      if (models.has(digest)) return;
      const { card, weights } = await readVerified(folder, digest);
      const partition = createPartition(card.neurons.length, threads, groupSize(card));
      const model = { partition };
      try {
        await Promise.all(
          partition.parts.map(({ groups }, thread) =>
            pool.load(thread, digest, encodeChoosableSite({ card, weights, groups })),
          ),
        );
        const neurons = Int32Array.from(card.neurons.keys());
        const stimuli = goldenStimuli(card);
        checkGolden(card, await compute(pool, model, { digest, stimuli, neurons }));
      } catch (error) {
        await unload(digest, model);
        throw error;
      }
      models.set(digest, model);
    },

    async unload(digest) {
      const model = models.get(digest);
      models.delete(digest);
      if (model) await unload(digest, model);
    },

    async respond(request) {
      const model = models.get(request.digest);
      if (model === undefined) throw new Error(`model ${request.digest} is not loaded`);
      return await compute(pool, model, request);
    },

    async close() {
      await pool.close();
    },
  };

  async function unload(digest: string, { partition }: LoadedModel): Promise<void> {
    await Promise.all(partition.parts.map((_, thread) => pool.unload(thread, digest)));
  }
}

/** @returns [stimuli, neurons] */
async function compute(
  pool: WorkerPool,
  { partition }: LoadedModel,
  { digest: key, stimuli, neurons }: EngineRequest,
): Promise<Float32Array> {
  const { count } = stimuli;
  const values = new Float32Array(count * neurons.length);
  const places = Array.from(neurons, (neuron) => findPlace(partition, neuron));
  // a message carries the whole buffer of a view
  const batch = { key, ...stimuli, pixels: stimuli.pixels.slice() };
  await Promise.all(
    partition.parts.map(async ({ groups }, thread) => {
      const wanted = new Uint8Array(groups.length);
      for (const { part, group } of places) if (part === thread) wanted[group] = 1;
      if (!wanted.includes(1)) return;
      const responses = await pool.run(thread, { ...batch, wanted });
      const width = responses.length / count;
      for (const [index, { part, column }] of places.entries()) {
        if (part !== thread) continue;
        for (let image = 0; image < count; image++) {
          values[image * neurons.length + index] = responses[image * width + column]!;
        }
      }
    }),
  );
  return values;
}

function findPlace({ places }: Partition, neuron: number) {
  const place = places[neuron];
  if (place === undefined) throw new Error(`there is no neuron in column ${neuron}`);
  return place;
}
