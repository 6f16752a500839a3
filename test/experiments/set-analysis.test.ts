import { afterAll, expect, test } from 'vitest';
import { InputError } from '../../src/errors.js';
import { analyseSet, type SetAnalysisTask } from '../../src/experiments/set-tuning/analyse-set.js';
import { createSetAnalysis } from '../../src/experiments/set-tuning/analysis-thread.js';

const analysis = createSetAnalysis(
  new URL('../../dist/src/experiments/set-tuning/analysis-worker.js', import.meta.url),
);
const { signal } = new AbortController();
afterAll(() => analysis.close());

/** More responses than are analysed in the main thread. */
function task(kind: SetAnalysisTask['kind'], wrong = 0): SetAnalysisTask {
  const [stimuli, neurons] = [1000, 20];
  const matrix = (step: number) => {
    const values = Float64Array.from({ length: stimuli * neurons }, (_, i) => (i * step) % 1013);
    return { stimuli, neurons, values };
  };
  const [predicted, real] = [matrix(7919), matrix(104729)];
  real.values[5] = real.values[5]! + wrong;
  return { kind, predicted, real, k: 10, ids: Array.from({ length: neurons }, (_, i) => 3 * i) };
}

test.each(['rank', 'peak'] as const)(
  '%s gives the same in a thread as in the main thread',
  async (kind) => {
    const fields = await analysis.run(task(kind), signal);
    expect(Buffer.from(fields).equals(await analyseSet(task(kind)))).toBe(true);
    expect(JSON.parse(new TextDecoder().decode(fields)).neurons).toHaveLength(20);
  },
);

test('responses that cannot be analysed are bad input in the thread too', async () => {
  const error: unknown = await analysis
    .run(task('rank', Number.NaN), signal)
    .catch((reason: unknown) => reason);
  expect(error).toBeInstanceOf(InputError);
  expect(error).toMatchObject({ problems: [{ path: expect.stringContaining('[0][5]') }] });
});
