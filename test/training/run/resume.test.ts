import { readdir, readFile } from 'node:fs/promises';
import path from 'node:path';
import { beforeAll, expect, test } from 'vitest';
import { nativeTensorflow, testWith } from '../../support/capabilities.js';
import { writeSmallSite } from '../../support/sites.js';
import { sharedFolder } from '../../support/store.js';
import { runTraining } from '../../support/training-process.js';

const folder = sharedFolder();
beforeAll(() => writeSmallSite(folder, 100, 20));

const AVAILABLE = { wasm: { missing: null, required: true }, tensorflow: nativeTensorflow() };

for (const backend of ['wasm', 'tensorflow'] as const) {
  testWith(AVAILABLE[backend])(
    `${backend}: killed and interrupted anywhere, a training goes on to the same bytes`,
    { timeout: 300_000 },
    async () => {
      const args = (out: string) =>
        `--data ${folder} --site small --recipe rf_cnn --epochs 3 --chunk 2 --backend ${backend} --out ${out}`.split(
          ' ',
        );
      const whole = path.join(folder, backend, 'whole');
      expect(await runTraining(args(whole))).toMatchObject({ end: 0 });

      const broken = path.join(folder, backend, 'broken');
      const resume = [...args(broken), '--resume'];
      const killed = await runTraining(resume, [
        { at: /population 1\/2, epoch 2\/3/, signal: 'SIGKILL' },
      ]);
      expect(killed.end).toBe('SIGKILL');
      const interrupted = await runTraining(resume, [{ at: /continues with/, signal: 'SIGINT' }]);
      expect(interrupted.end).toBe(130);
      expect(interrupted.output).toMatch(
        /broken\/\.training holds the training: run the same command with --resume to continue\n$/,
      );
      const rejected = await runTraining(args(broken));
      expect(rejected.end).toBe(2);
      expect(rejected.output).toMatch(
        /error: .*add --resume to go on with it, or delete that folder/,
      );
      const again = await runTraining(resume, [
        { at: /population 2\/2, epoch 1\/3/, signal: 'SIGKILL' },
      ]);
      expect(again.end).toBe('SIGKILL');
      const last = await runTraining(resume);
      expect(last).toMatchObject({ end: 0 });
      expect(last.output).not.toContain('population 1/2, epoch');

      expect(await readdir(broken)).toEqual(['1']);
      const weights = (out: string) => readFile(path.join(out, '1', 'weights.safetensors'));
      expect((await weights(broken)).equals(await weights(whole))).toBe(true);
    },
  );
}

test('a checkpoint that cannot be used ends the command with its own exit code', {
  timeout: 60_000,
}, async () => {
  const { end, output } = await runTraining(['--data', folder, '--shard', '3']);
  expect(end).toBe(2);
  expect(output).toBe(
    'error: --shard 3: it is i/n, share i of n, and i goes from 0 to n-1, such as 0/4 to 3/4\n',
  );
});
