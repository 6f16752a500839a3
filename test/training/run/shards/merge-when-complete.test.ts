import { readdir } from 'node:fs/promises';
import path from 'node:path';
import { expect, test, vi } from 'vitest';
import { readModel } from '../../../../src/models/saved-model.js';
import { openBackend } from '../../../../src/network/backends/open.js';
import { createTrainCommand } from '../../../../training/train-command.js';
import { fakeMachine } from '../../../support/machine.js';
import { writeSmallSite } from '../../../support/sites.js';
import { temporaryFolder } from '../../../support/store.js';

test('the tasks of an indexed job merge their shards when the last one is trained, once', async () => {
  const folder = await temporaryFolder();
  await writeSmallSite(folder, 40, 20, 3);
  await openBackend('wasm');
  const out = path.join(folder, 'm');
  const run = async (index: number, epochs = 1) => {
    const { machine, lines } = fakeMachine();
    const environment = { JOB_COMPLETION_INDEX: String(index), JOB_COMPLETIONS: '3' };
    const options = `--site small --recipe rf_cnn --epochs ${epochs} --backend wasm --out ${out}`;
    const words = ['--data', folder, ...options.split(' '), '--resume', '--wait', '--merge'];
    await createTrainCommand(environment, machine).parseAsync(words, { from: 'user' });
    return lines.at(-1);
  };
  const log = vi.spyOn(console, 'log').mockImplementation(() => undefined);
  expect(await run(1)).toBe('2 of 3 shards are not trained yet: the last one merges them');
  await Promise.all([run(0), run(2)]);
  expect(await readdir(out)).toEqual(['1']);
  expect((await readModel(`${out}/1`)).card.neurons.map(({ id }) => id)).toEqual([0, 1, 2]);
  await run(2); // as after a node that was lost at the very end
  expect(await readdir(out)).toEqual(['1']);
  // The shards of an earlier training do not count.
  expect(await run(0, 2)).toBe('2 of 3 shards are not trained yet: the last one merges them');
  for (const index of [1, 2]) await run(index, 2);
  expect(await readdir(out)).toEqual(['1', '2']);
  log.mockRestore();
  const unshared = createTrainCommand({}, fakeMachine().machine).parseAsync(
    ['--data', folder, '--site', 'small', '--recipe', 'rf_cnn', '--out', out, '--merge'],
    { from: 'user' },
  );
  await expect(unshared).rejects.toThrow('--merge is used without a share; expected --shard i/n');
});
