import { expect, test } from 'vitest';
import { createProgressDisplay, duration, type StagePlan } from '../../../training/run/progress.js';

const FITS = [
  { CORR: 0.5, PT_J: 0, PT_S: 0 },
  { CORR: null, PT_J: null, PT_S: null },
  { CORR: 0.25, PT_J: 0, PT_S: 0 },
];

/** A display without a terminal, with batches that take a few seconds each. */
function tell(stages: readonly StagePlan[], secondsPerBatch: number) {
  const lines: string[] = [];
  let now = 1000;
  const write = (text: string | Uint8Array) => lines.push(String(text).trimEnd()) > 0;
  const display = createProgressDisplay(stages, { isTTY: false, write }, () => now);
  const batch = (stage: number, population: number, epoch: number, batches: number) => {
    now += secondsPerBatch;
    const { batchesPerEpoch } = stages[stage]!;
    const report = { epoch, batches, batchesPerEpoch, loss: 0.125 };
    display.report(stage, population, report);
    if (batches === batchesPerEpoch) display.report(stage, population, { ...report, fits: FITS });
  };
  return { batch, lines };
}

test('each epoch has a line with the mean CORR and the time left of the whole training', () => {
  const { batch, lines } = tell(
    [{ name: 'a', epochs: 2, batchesPerEpoch: 2, populations: [3] }],
    5,
  );
  for (const epoch of [1, 2]) for (const done of [1, 2]) batch(0, 0, epoch, done);
  expect(lines).toEqual([
    'epoch 1/2: loss 0.1250, CORR 0.375, 10 s left',
    'epoch 2/2: loss 0.1250, CORR 0.375, 0 s left',
  ]);
});

test('stages, populations and batches of long epochs are shown, and smaller populations take less', () => {
  const stage = { epochs: 1, batchesPerEpoch: 2, populations: [4, 1] };
  const { batch, lines } = tell(
    [
      { name: 'a', ...stage },
      { name: 'b', ...stage },
    ],
    60,
  );
  for (const stage of [0, 1]) {
    for (const population of [0, 1]) for (const done of [1, 2]) batch(stage, population, 1, done);
  }
  // 4 neurons a minute, of 20 neurons in all; later 1 a minute
  expect(lines.slice(0, 3)).toEqual([
    'stage 1/2 a, population 1/2, epoch 1/1, batch 1/2: loss 0.1250, CORR -, 4 min left',
    'stage 1/2 a, population 1/2, epoch 1/1: loss 0.1250, CORR 0.375, 3 min left',
    'stage 1/2 a, population 2/2, epoch 1/1, batch 1/2: loss 0.1250, CORR 0.375, 4 min left',
  ]);
  expect(lines.at(-1)).toBe(
    'stage 2/2 b, population 2/2, epoch 1/1: loss 0.1250, CORR 0.375, 0 s left',
  );
});

test('after a resume the time left is that of the remaining work', () => {
  const plan = { name: 'a', epochs: 10, batchesPerEpoch: 4, populations: [2, 2] };
  const { batch, lines } = tell([plan], 1);
  batch(0, 1, 9, 3);
  batch(0, 1, 9, 4);
  expect(lines).toEqual(['population 2/2, epoch 9/10: loss 0.1250, CORR 0.375, 4 s left']);
});

test('after a resume behind the last batch of an epoch, neither a loss nor a time left is made up', () => {
  const lines: string[] = [];
  const plan = { name: 'a', epochs: 8, batchesPerEpoch: 12, populations: [2] };
  const write = (text: string | Uint8Array) => lines.push(String(text).trimEnd()) > 0;
  let now = 0;
  const display = createProgressDisplay([plan], { isTTY: false, write }, () => now);
  const report = { batches: 12, batchesPerEpoch: 12, fits: FITS };
  now += 10;
  display.report(0, 0, { ...report, epoch: 5, loss: Number.NaN });
  now += 50;
  display.report(0, 0, { ...report, epoch: 6, loss: 0.125 });
  // 12 batches a minute
  expect(lines).toEqual([
    'epoch 5/8: CORR 0.375',
    'epoch 6/8: loss 0.1250, CORR 0.375, 2 min left',
  ]);
});

test('a terminal has a bar that shows the progress of the training', () => {
  const written: string[] = [];
  const stream = Object.assign(Object.create(process.stderr), {
    isTTY: true,
    columns: 200,
    write: (text: string) => written.push(text) > 0,
  }) as NodeJS.WriteStream;
  const plan = { name: 'a', epochs: 2, batchesPerEpoch: 2, populations: [1] };
  const display = createProgressDisplay([plan], stream, () => 0);
  display.report(0, 0, { epoch: 2, batches: 1, batchesPerEpoch: 2, loss: Number.NaN });
  display.say('something');
  display.stop();
  const presented = written.join('');
  expect(presented).toMatch(/epoch 2\/2 .* 75% {2}loss - {2}CORR - /);
  expect(presented).toContain('\nsomething\n');
});

test('a duration is printed in a suitable unit', () => {
  const seconds = [0, 99, 100, 5900, 7200, 86_400, 200_000];
  expect(seconds.map(duration)).toEqual([
    ...['0 s', '99 s', '2 min', '98 min', '2 h 0 min', '24 h 0 min', '2 d 7 h'],
  ]);
});
