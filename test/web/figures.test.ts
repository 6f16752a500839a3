import { expect, test } from 'vitest';
import { figuresBetween, readMetrics } from '../../src/web/status/figures.js';

/** The metrics after some stimuli, and predictions that each took between 0.1 and 0.2 s. */
function metrics(stimuli: number, predictions: number, sweeps = 0): string {
  return [
    'hypercolumn_queue_depth 3',
    `hypercolumn_batch_size_sum ${stimuli}`,
    ...['0.1', '0.2', '+Inf'].map((end) => {
      const count = end === '0.1' ? 0 : predictions;
      return `hypercolumn_answer_seconds_bucket{route="/v1/models/:model/responses",le="${end}"} ${count}`;
    }),
    `hypercolumn_answer_seconds_bucket{route="/v1/models/:model/tuning/parametric",le="+Inf"} ${sweeps}`,
  ].join('\n');
}

test('stimuli of sweeps and jobs are counted, and their times are not those of predictions', () => {
  const before = readMetrics(metrics(100, 10), 0);
  expect(figuresBetween(before, readMetrics(metrics(12_100, 10, 4), 1000))).toEqual({
    queue: 3,
    stimuli: 12_000,
    predictions: 0,
    p50: undefined,
    p99: undefined,
  });
  const asked = figuresBetween(before, readMetrics(metrics(12_110, 20, 4), 1000));
  expect(asked).toMatchObject({ stimuli: 12_010, predictions: 10 });
  expect(asked.p50).toBeCloseTo(0.15, 9);
});

test('the counts of a restarted service begin at 0', () => {
  const before = readMetrics(metrics(5000, 400), 0);
  expect(figuresBetween(before, readMetrics(metrics(7, 2), 1000))).toMatchObject({
    stimuli: 7,
    predictions: 2,
  });
});
