import { type PopulationSize, populationSize, respondByMembers } from '../../models/members.js';
import { createTaskThread } from '../../workers/task-thread.js';
import type { Engine, EngineRequest } from '../engine.js';
import { checkGolden, goldenStimuli } from '../golden-check.js';
import type { Partition } from './partition.js';
import { type CountedPool, createPools } from './pools.js';
import type { ModelSource, PreparedModel } from './prepare-model.js';
import { createWorkerPool, type WorkerPool } from './worker-pool.js';

export interface OnnxEngineOptions {
  /** How many threads compute the responses of a model. */
  readonly threads: number;
  /** The instructions of the CPU that the kernels use, for the description; undefined where there are no kernels. */
  readonly instructions?: string | undefined;
  /** The compiled module that they run. */
  readonly entry?: URL;
  /** The compiled module that prepares models. */
  readonly preparingEntry?: URL;
  /** Milliseconds, monotonic. */
  readonly clock?: () => number;
}

interface LoadedModel {
  readonly pool: CountedPool;
  readonly population: PopulationSize;
  readonly partition: Partition;
}

/**
 * An engine that computes with onnxruntime on the threads of this machine's CPU. Each thread has a
 * part of the neurons, cut into groups; a request runs the groups of its neurons. The same neuron is
 * computed in the same group, each image alone, whatever the request. A thread of its own reads and
 * encodes a model, and threads that answer no requests at that time load it, unless all of them do.
 */
export function createOnnxEngine(options: OnnxEngineOptions): Engine {
  const {
    threads,
    instructions,
    entry = new URL('./session-worker.js', import.meta.url),
  } = options;
  const { clock = () => performance.now() } = options;
  const { preparingEntry = new URL('./preparing-worker.js', import.meta.url) } = options;
  const pools = createPools({ start: () => createWorkerPool(threads, entry), clock });
  const preparing = createTaskThread<ModelSource, PreparedModel>({
    entry: preparingEntry,
    name: 'the thread that prepares models',
  });
  const models = new Map<string, LoadedModel>();

  return {
    description: { name: 'onnx', device: describeDevice(threads, instructions) },

    async load(folder, digest) {
      if (models.has(digest)) return;
      const { card, partition, programs } = await preparing.run({
        folder,
        digest,
        threads,
      });
      const population = populationSize(card);
      const pool = pools.choose();
      try {
        await pool.threads.load(digest, programs);
        const neurons = Int32Array.from(card.neurons.keys());
        const request = { digest, stimuli: goldenStimuli(card), neurons };
        checkGolden(card, await compute(pool.threads, { population, partition }, request));
      } catch (error) {
        await pool.threads.unload(digest);
        await pool.leave();
        throw error;
      }
      models.set(digest, { pool, population, partition });
    },

    async unload(digest) {
      const model = models.get(digest);
      if (model === undefined) return;
      models.delete(digest);
      await model.pool.threads.unload(digest);
      await model.pool.leave();
    },

    async respond(request) {
      const model = models.get(request.digest);
      if (model === undefined) throw new Error(`model ${request.digest} is not loaded`);
      const end = model.pool.use();
      try {
        return await compute(model.pool.threads, model, request);
      } finally {
        end();
      }
    },

    async close() {
      await Promise.all([preparing.close(), pools.close()]);
    },
  };
}

/** @returns [stimuli, neurons] */
function compute(
  pool: WorkerPool,
  { population, partition }: Pick<LoadedModel, 'population' | 'partition'>,
  request: EngineRequest,
): Promise<Float32Array> {
  return respondByMembers(population, request.neurons, (networks) =>
    computeNetworks(pool, partition, request, networks),
  );
}

/** @returns [stimuli, networks] */
async function computeNetworks(
  pool: WorkerPool,
  partition: Partition,
  { digest: key, stimuli }: EngineRequest,
  networks: Int32Array,
): Promise<Float32Array> {
  const { count } = stimuli;
  const values = new Float32Array(count * networks.length);
  const places = Array.from(networks, (network) => findPlace(partition, network));
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
          values[image * networks.length + index] = responses[image * width + column]!;
        }
      }
    }),
  );
  return values;
}

function findPlace({ places }: Partition, network: number) {
  const place = places[network];
  if (place === undefined) throw new Error(`there is no network ${network}`);
  return place;
}

/** Kernels are named, since their responses differ by rounding from those of onnxruntime, and from CPU to CPU. */
function describeDevice(threads: number, instructions: string | undefined): string {
  const cpu = `${threads} CPU thread${threads === 1 ? '' : 's'}`;
  return instructions === undefined ? cpu : `${cpu}, kernels for ${instructions}`;
}
