import fc from 'fast-check';
import { expect, test } from 'vitest';
import { formatWindow } from '../../../src/datasets/window.js';
import type { SpikeSource } from '../../../training/ingest/lab-file.js';
import { averageTraces } from '../../../training/ingest/responses/average-traces.js';
import { countSpikes } from '../../../training/ingest/responses/count-spikes.js';
import { readTrials } from '../../../training/ingest/responses/read-trials.js';
import { parseWindow } from '../../../training/ingest/responses/window.js';
import { imageSource, presentationSource, spikeSource, traceSource } from './lab-files.js';

const ignore = () => undefined;
const seconds = fc.double({ min: 0, max: 10, noNaN: true });

test('spikes are counted from the start of the window to before its end', async () => {
  const source = spikeSource([[1.039, 1.04, 1.05, 1.0999, 1.1, 2.05], []]);
  const { rates } = await countSpikes(source, Float64Array.of(1, 2), { from: 40, to: 100 }, ignore);
  // Three spikes in 60 ms, then one.
  expect([...rates]).toEqual([50, 0, 1 / 0.06, 0].map(Math.fround));
});

test('rates are those of counting spike by spike', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(seconds),
      fc.array(seconds, { minLength: 1 }),
      async (times, onsets) => {
        const spikes = times.toSorted((a, b) => a - b);
        const window = { from: -100, to: 400 };
        const { rates } = await countSpikes(
          // Else a silence of 10 s could count as not measured.
          spikeSource([spikes], { observed: async () => [[-1, 20]] }),
          Float64Array.from(onsets),
          window,
          ignore,
        );
        const expected = onsets.map((at) => {
          const own = spikes.filter((time) => time >= at + -100 / 1000 && time < at + 400 / 1000);
          return own.length / 0.5;
        });
        expect([...rates]).toEqual(expected.map(Math.fround));
      },
    ),
  );
});

test('a trial in which a unit was not observed all the time is not measured', async () => {
  const source = spikeSource([[1.05, 5.05]], {
    observed: async () => [
      [0, 2],
      [5.06, 9],
    ],
  });
  const onset = Float64Array.of(1, 5, 6, Number.NaN);
  const { rates } = await countSpikes(source, onset, { from: 0, to: 100 }, ignore);
  expect([...rates]).toEqual([10, Number.NaN, 0, Number.NaN]);
});

test('where all spikes end long before the trials, or begin long after, the trials are not measured', async () => {
  const regular = (from: number, to: number) =>
    Array.from({ length: Math.round(4 * (to - from)) }, (_, i) => from + i / 4);
  const trials = Float64Array.from({ length: 100 }, (_, i) => i);
  const window = { from: 0, to: 1000 };
  const count = (spikes: readonly (readonly number[])[], given: Partial<SpikeSource> = {}) =>
    countSpikes(spikeSource(spikes, given), trials, window, ignore);
  const { rates, notes } = await count([regular(0, 60), regular(20, 50), []]);
  // The last spike is at 59.75 s; 15 s after it are 60 intervals of one unit, and more than 30 of both.
  expect([...rates.subarray(58 * 3, 61 * 3)]).toEqual([4, 0, 0, ...Array(6).fill(Number.NaN)]);
  expect(rates.subarray(59 * 3).every(Number.isNaN)).toBe(true);
  expect(rates.subarray(0, 59 * 3).some(Number.isNaN)).toBe(false);
  expect(notes).toEqual([
    'Trials without spikes of any unit count as not measured: 41; the spikes of responses are at 0 to 59.75 s, the ' +
      'trials at 0 to 100 s.',
    'Units have no spikes for up to 20 s after the first trial or before the last one: 1 of 3 (unit 1). Their rates ' +
      'are 0 there; obs_intervals says when a unit was not observed.',
  ]);
  const late = await count([regular(30, 100)]);
  expect(late.rates.indexOf(4)).toBe(30);
  expect(late.rates.subarray(0, 30).every(Number.isNaN)).toBe(true);
  // What was observed by the file's own word stays.
  const observed = await count([regular(0, 60)], { observed: async () => [[0, 200]] });
  expect(observed.notes).toEqual([]);
  expect(observed.rates[99]).toBe(0);
  await expect(count([regular(1000, 1100)])).rejects.toThrow(
    'the spikes of responses are at 1000 to 1099.8 s, the trials at 0 to 100 s; expected times of one clock, in seconds',
  );
});

test('a unit that seldom fires is silent by chance', async () => {
  const trials = Float64Array.from({ length: 100 }, (_, i) => i);
  const source = spikeSource([[3, 20, 31, 55], [70]]);
  const { rates, notes } = await countSpikes(source, trials, { from: 0, to: 1000 }, ignore);
  expect(rates.some(Number.isNaN)).toBe(false);
  expect(notes).toEqual([]);
});

test('a window that reaches beyond the onset of the next image is noted', async () => {
  const notesOf = async (to: number, images: readonly number[] = [0, 1, 0, 1]) => {
    const onset = images.map((_, i) => i / 10);
    const { notes } = await readTrials(
      {
        images: imageSource([[0], [1]]),
        presentations: presentationSource(images, { onset }),
        responses: spikeSource([[0.1, 0.2]]),
        split: undefined,
      },
      { firstImage: undefined, window: { from: 40, to }, baseline: undefined },
      ignore,
    );
    return notes;
  };
  expect(await notesOf(100)).toEqual([]);
  expect(await notesOf(120)).toEqual([
    'The window 40:120ms reaches beyond the onset of the next image in 3 of 4 trials: see --window.',
  ]);
  expect(await notesOf(120, [0, -1, 1, -1])).toEqual([]);
});

test('a trace is averaged in the window, less its mean in the baseline, also across blocks', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.tuple(fc.integer({ min: -9, max: 9 }), fc.integer({ min: -9, max: 9 })), {
        minLength: 40,
        maxLength: 60,
      }),
      fc.array(fc.double({ min: 0.5, max: 3, noNaN: true }), { minLength: 1, maxLength: 8 }),
      async (samples, onsets) => {
        const times = samples.map((_, i) => i / 10);
        const source = traceSource(samples, times);
        const [window, baseline] = [
          { from: 0, to: 500 },
          { from: -250, to: 0 },
        ];
        const shifted = { window, baseline };
        const values = await averageTraces(source, Float64Array.from(onsets), shifted, ignore, 7);
        const mean = (from: number, to: number, neuron: 0 | 1) => {
          const own = samples.filter((_, i) => times[i]! >= from && times[i]! < to);
          return own.reduce((sum, sample) => sum + sample[neuron], 0) / own.length;
        };
        for (const [trial, at] of onsets.entries()) {
          for (const neuron of [0, 1] as const) {
            const expected = mean(at, at + 0.5, neuron) - mean(at + -250 / 1000, at, neuron);
            // Sums in another order, rounded to float32.
            expect(Math.abs(values[2 * trial + neuron]! - expected)).toBeLessThan(1e-5);
          }
        }
      },
    ),
  );
});

test('a trial beyond the trace, and a sample that was not measured, are NaN', async () => {
  const samples = Array.from({ length: 30 }, (_, i) => [i, i === 12 ? Number.NaN : i]);
  const source = traceSource(
    samples,
    samples.map((_, i) => i / 10),
  );
  const onset = Float64Array.of(1, 2, 9);
  const window = { from: 0, to: 500 };
  const values = await averageTraces(source, onset, { window, baseline: undefined }, ignore);
  expect([...values]).toEqual([12, Number.NaN, 22, 22, Number.NaN, Number.NaN]);
});

test('windows are read and written in milliseconds', () => {
  expect(parseWindow('40:100ms')).toEqual({ from: 40, to: 100 });
  expect(parseWindow('-0.25:0s')).toEqual({ from: -250, to: 0 });
  expect(parseWindow('0.07:0.17s')).toEqual({ from: 70, to: 170 });
  expect(formatWindow(parseWindow('0.5:20ms'))).toBe('0.5:20ms');
  for (const text of ['100:40ms', '40:40ms', '0:0s']) {
    expect(() => parseWindow(text)).toThrow('Its end must be after its start, as in 40:100ms.');
  }
  for (const text of ['40:100', '40-100ms', 'ms', '']) {
    expect(() => parseWindow(text)).toThrow('such as 40:100ms');
  }
});
