import type { SavedModel } from '../../../src/models/saved-model.js';
import { chosenNeurons } from '../chosen-neurons.js';
import { withLock } from '../lock.js';
import type { ModelRequest } from '../model-request.js';
import { describeStage } from '../stage-plan.js';
import { isExpected, newestModel } from '../stages.js';
import { mergeShards } from './merge.js';
import { neuronsOfShard, shardFolder } from './shard.js';

/**
 * Makes one model of the shards of a training if all of them are trained: each of several processes may call this
 * after its own shard, and the last one merges. Of two that end together, one merges.
 * @param of number of shards
 * @param say is called with a line where shards are missing, or another process merges
 * @returns undefined where a shard is not trained yet
 */
export async function mergeWhenComplete(
  request: ModelRequest,
  of: number,
  say: (line: string) => void,
): Promise<SavedModel | undefined> {
  const { out, recipe, site } = request;
  const all = chosenNeurons(site.training.neurons, request.neurons);
  let missing = 0;
  for (let index = 0; index < of; index++) {
    const shard = { index, of };
    const model = await newestModel(shardFolder(out, shard));
    const neurons = neuronsOfShard(all, shard);
    const isThere = model && isExpected(model.card, describeStage(request, recipe, neurons));
    if (!isThere) missing++;
  }
  if (missing > 0) {
    say(`${missing} of ${of} shards are not trained yet: the last one merges them`);
    return undefined;
  }
  return await withLock(out, say, () => mergeShards(out, true), { wait: true });
}
