import { readdir, readFile } from 'node:fs/promises';
import path from 'node:path';
import { expect, onTestFinished } from 'vitest';
import { testWith } from '../../support/capabilities.js';
import { writeSmallSite } from '../../support/sites.js';
import { hostNames, onHost } from '../../support/slurm.js';
import { temporaryFolder } from '../../support/store.js';
import { runTraining, startTraining } from '../../support/training-process.js';

const test = testWith(hostNames());

test('a process that was silent for long ends when it finds that another host has continued', {
  timeout: 120_000,
}, async () => {
  const folder = await temporaryFolder();
  await writeSmallSite(folder, 100, 20);
  const out = path.join(folder, 'm');
  const training = (model: string) => [
    ...['--data', folder, '--site', 'small', '--recipe', 'rf_cnn', '--epochs', '6'],
    ...['--backend', 'wasm', '--out', model, '--resume', '--wait'],
  ];
  let isStopped = false;
  let onStop: () => void = () => undefined;
  const stopped = new Promise<void>((resolve) => {
    onStop = resolve;
  });
  const stop = (output: string, kill: (signal: NodeJS.Signals) => void) => {
    if (isStopped || !/epoch 2\/6/.test(output)) return;
    isStopped = true;
    kill('SIGSTOP');
    onStop();
  };
  const silent = startTraining(training(out), stop, onHost('rig-1'));
  onTestFinished(() => silent.kill('SIGKILL'));
  await stopped;
  const other = startTraining(training(out), () => undefined, onHost('rig-2'));
  const whole = await runTraining(training(path.join(folder, 'whole')));
  const continued = await other.ended;
  expect(continued).toMatchObject({ end: 0 });
  expect(continued.output).toMatch(
    /process \d+ on rig-1, at work on it since .*, has ended; taken/,
  );
  expect(continued.output).toMatch(/; continues with epoch [23], batch 1\n/);
  const weights = (model: string) => readFile(path.join(model, '1', 'weights.safetensors'));
  expect(whole.end).toBe(0);
  expect(await weights(out)).toEqual(await weights(path.join(folder, 'whole')));

  silent.kill('SIGCONT');
  const { end, output } = await silent.ended;
  expect(end).toBe(2);
  expect(output).toMatch(/error: .*\/m\/\.lock was deleted: this process ends\n$/);
  expect(await readdir(out)).toEqual(['1']);
});
