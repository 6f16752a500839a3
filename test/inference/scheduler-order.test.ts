import fc from 'fast-check';
import { expect, test } from 'vitest';
import { handResponses } from '../support/fake-engine.js';
import { request, setUp, stimuli } from './scheduled-requests.js';

test('in any order of events every request gets its own rows, first in first out', async () => {
  const arrival = fc.record({
    count: fc.integer({ min: 1, max: 11 }),
    neurons: fc.constantFrom([0], [0, 2], [2, 0]),
    digest: fc.constantFrom('a', 'b'),
    priority: fc.constantFrom('prediction' as const, 'sweep' as const),
    gone: fc.boolean(),
    releasedBefore: fc.nat({ max: 2 }),
  });
  await fc.assert(
    fc.asyncProperty(
      fc.array(arrival, { maxLength: 12 }),
      fc.integer({ min: 1, max: 6 }),
      async (arrivals, chunk) => {
        const { engine, scheduler, batches } = setUp({ chunk, capacity: 1000 });
        const finished: number[] = [];
        engine.hold();
        let released = 0;
        const outcomes = [];
        for (const [
          i,
          { count, neurons, digest, priority, gone, releasedBefore },
        ] of arrivals.entries()) {
          for (let n = 0; n < releasedBefore && engine.requests.length > released; n++) {
            engine.release();
            released += 1;
            await new Promise(setImmediate);
          }
          const client = new AbortController();
          const asked = request(count, {
            stimuli: stimuli(count, 100 * i),
            neurons: Int32Array.from(neurons),
            digest,
            priority,
            signal: client.signal,
          });
          const answer = scheduler.respond(asked).then(
            ({ values }) => {
              expect(values).toEqual(handResponses(asked));
              finished.push(i);
            },
            (error) => expect([gone, error.name]).toEqual([true, 'ClientDisconnectedError']),
          );
          outcomes.push(answer);
          if (gone) client.abort();
        }
        engine.open();
        await Promise.all(outcomes);
        await scheduler.drain();
        expect(scheduler.depth).toBe(0);
        expect(Math.max(0, ...batches)).toBeLessThanOrEqual(chunk);
        for (const kind of ['prediction', 'sweep']) {
          const ofKind = finished.filter((i) => arrivals[i]!.priority === kind);
          expect(ofKind).toEqual(ofKind.toSorted((a, b) => a - b));
        }
      },
    ),
    { numRuns: 200 },
  );
});
