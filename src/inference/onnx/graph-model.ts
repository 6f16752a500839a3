import type { Stimuli } from '../../stimulus/stimuli.js';
import type { LoadedModel } from '../loaded-model.js';
import type { PreparedGraphs } from '../prepare-model.js';
import type { Partition } from './partition.js';
import type { Pools } from './pools.js';
import type { WorkerPool } from './worker-pool.js';

/**
 * Loads a model into the pool that has answered least. Each of its threads has a part of the networks, cut into groups; a
 * request runs the groups of its networks. The same network is computed in the same group, each image alone, whatever
 * the request.
 */
export async function loadGraphs(
  pools: Pools,
  key: string,
  { partition, graphs, imported }: PreparedGraphs,
): Promise<LoadedModel> {
  const { threads, use, leave } = pools.choose();
  const unload = async () => {
    await threads.unload(key);
    await leave();
  };
  try {
    await threads.load(key, graphs, imported);
  } catch (error) {
    await unload();
    throw error;
  }
  return {
    unload,
    async respond(stimuli, networks, isBackground) {
      // A model that is checked makes its pool no busier for the choice of the next one.
      const end = isBackground ? () => {} : use();
      try {
        return await computeNetworks(threads, partition, { key, stimuli, networks });
      } finally {
        end();
      }
    },
  };
}

interface GraphRequest {
  readonly key: string;
  readonly stimuli: Stimuli;
  readonly networks: Int32Array;
}

/** @returns [stimuli, networks] */
async function computeNetworks(
  pool: WorkerPool,
  partition: Partition,
  { key, stimuli, networks }: GraphRequest,
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
