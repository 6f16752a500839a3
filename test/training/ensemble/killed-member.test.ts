import { readdir, readFile } from 'node:fs/promises';
import path from 'node:path';
import { beforeAll, expect, test } from 'vitest';
import { writeSmallSite } from '../../support/sites.js';
import { sharedFolder } from '../../support/store.js';
import { runTraining } from '../../support/training-process.js';

const folder = sharedFolder();
beforeAll(() => writeSmallSite(folder, 60, 20));

test('killed in its third member, an ensemble goes on there to the same bytes', {
  timeout: 120_000,
}, async () => {
  const args = (out: string) =>
    `--data ${folder} --site small --recipe rf_cnn --epochs 2 --members 3 --backend wasm --out ${out}`.split(
      ' ',
    );
  const whole = path.join(folder, 'whole');
  expect(await runTraining(args(whole))).toMatchObject({ end: 0 });

  const broken = path.join(folder, 'broken');
  const killed = await runTraining(args(broken), [
    { at: /member 3\/3, epoch 1/, signal: 'SIGKILL' },
  ]);
  expect(killed.end).toBe('SIGKILL');
  const rejected = await runTraining(args(broken));
  expect(rejected.end).toBe(2);
  expect(rejected.output).toMatch(
    /error: .*broken\.members holds the members of a training that was broken off: add --resume/,
  );
  const last = await runTraining([...args(broken), '--resume']);
  expect(last).toMatchObject({ end: 0 });
  expect(last.output).toMatch(/member 2\/3: .*\/seed-2\/1 is trained already\n/);
  expect(last.output).not.toMatch(/member [12]\/3, epoch/);

  expect(await readdir(folder)).not.toContain('broken.members');
  for (const file of ['member-1', 'member-2', 'member-3']) {
    const read = (out: string) => readFile(path.join(out, '1', `${file}.safetensors`));
    expect((await read(broken)).equals(await read(whole))).toBe(true);
  }
});
