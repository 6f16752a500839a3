import { afterAll, expect, test } from 'vitest';
import { InputError } from '../../src/errors.js';
import { analyseTuning, type TuningTask } from '../../src/experiments/set-tuning/analyse-set.js';
import { createTuningAnalysis } from '../../src/experiments/set-tuning/analysis-thread.js';

const analysis = createTuningAnalysis(
  new URL('../../dist/src/experiments/set-tuning/analysis-worker.js', import.meta.url),
);
const { signal } = new AbortController();
afterAll(() => analysis.close());

/** More responses than are analysed in the thread that answers. */
function task(kind: TuningTask['kind'], wrong = 0): TuningTask {
  const [stimuli, neurons] = [1000, 20];
  const matrix = (step: number) => {
    const values = Float64Array.from({ length: stimuli * neurons }, (_, i) => (i * step) % 1013);
    return { stimuli, neurons, values };
  };
  const [predicted, real] = [matrix(7919), matrix(104729)];
  real.values[5] = real.values[5]! + wrong;
  return { kind, predicted, real, k: 10, ids: Array.from({ length: neurons }, (_, i) => 3 * i) };
}

test.each(['rank', 'peak'] as const)('%s in the thread gives what it gives here', async (kind) => {
  const fields = await analysis.run(task(kind), signal);
  expect(Buffer.from(fields).equals(await analyseTuning(task(kind)))).toBe(true);
  expect(JSON.parse(new TextDecoder().decode(fields)).neurons).toHaveLength(20);
});

test('responses that cannot be analysed are bad input from the thread as well', async () => {
  const error: unknown = await analysis
    .run(task('rank', Number.NaN), signal)
    .catch((reason: unknown) => reason);
  expect(error).toBeInstanceOf(InputError);
  expect(error).toMatchObject({ problems: [{ path: expect.stringContaining('[0][5]') }] });
});
