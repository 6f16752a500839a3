import { expect, test } from 'vitest';
import { withoutTraining } from '../../src/job-worker/without-training.js';

test.each([
  ['ingest', 'this service does not train: ALLOW_TRAINING=0; expected 1'],
  ['train', 'this service does not train: ALLOW_TRAINING=0; expected 1'],
  ['characterize', 'it runs'],
])('without training, a job %s that waits from before ends with: %s', async (kind, reason) => {
  const run = withoutTraining(() => Promise.reject(new Error('it runs')));
  const order = { kind, model: null, data: null, request: {}, stimulusSets: [], askedBy: null };
  const job = { id: 'a', created: '2026-01-01T00:00:00.000Z', order };
  const ended = run(job, () => undefined, new AbortController().signal);
  await expect(ended).rejects.toThrow(reason);
});
