import { Command } from 'commander';
import { exitCodesHelp } from '../src/exit-codes.js';
import { withLock } from './run/lock.js';
import { checkModelName } from './run/options.js';
import { mergeShards } from './run/shards/merge.js';

/** `merge`: makes one model of the shards that were trained for it. */
export function createMergeCommand(): Command {
  return new Command('merge')
    .description('makes one model of the shards that `train --shard` saved for it')
    .requiredOption('--out <folder>', 'the --out of the shards: models/x merges models/x.shards')
    .allowExcessArguments(false)
    .addHelpText('after', exitCodesHelp('badInput', 'failed'))
    .action(async ({ out }: { out: string }) => {
      checkModelName(out);
      const { folder, digest, card } = await withLock(out, console.error, () => mergeShards(out));
      console.log(`saved ${folder}, ${card.neurons.length} neurons, digest ${digest}`);
    });
}
