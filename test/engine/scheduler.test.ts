import fc from 'fast-check';
import { expect, test } from 'vitest';
import { EngineLostError } from '../../src/engine/engine.js';
import {
  AbandonedError,
  createScheduler,
  DeadlineError,
  DrainingError,
  QueueFullError,
  type ScheduledRequest,
  type SchedulerOptions,
} from '../../src/engine/scheduler.js';
import type { Stimuli } from '../../src/stimulus/stimuli.js';
import { createFakeEngine, handResponses } from '../support/fake-engine.js';

const DIGEST = 'a'.repeat(64);

/** Stimuli of 1x2 pixels whose pixels sum to `first`, `first + 1`, ... */
function stimuli(count: number, first = 1): Stimuli {
  const pixels = Float32Array.from({ length: 2 * count }, (_, i) =>
    i % 2 === 0 ? first + i / 2 : 0,
  );
  return { count, height: 1, width: 2, pixels };
}

function request(count: number, more: Partial<ScheduledRequest> = {}): ScheduledRequest {
  return {
    digest: DIGEST,
    stimuli: stimuli(count),
    neurons: Int32Array.of(0, 2),
    priority: 'prediction',
    ...more,
  };
}

function setUp(options: Partial<SchedulerOptions> = {}) {
  const engine = createFakeEngine();
  const batches: number[] = [];
  const time = { now: 0 };
  const scheduler = createScheduler({
    engine,
    capacity: 100,
    chunk: 4,
    clock: () => time.now,
    onBatch: (count) => batches.push(count),
    ...options,
  });
  return { engine, batches, scheduler, time };
}

/** The first pixel of the first stimulus of each question the engine was asked. */
const firstPixels = (engine: ReturnType<typeof createFakeEngine>) =>
  engine.asked.map((question) => question.stimuli.pixels[0]);

test('a request gets its responses, row = stimulus, column = neuron', async () => {
  const { scheduler } = setUp();
  const { values } = await scheduler.respond(request(3));
  expect([...values]).toEqual([1, 3, 2, 6, 3, 9]);
  expect(scheduler.depth).toBe(0);
});

test('a request longer than a chunk is cut, and put together again', async () => {
  const { scheduler, batches } = setUp();
  const long = request(10, { priority: 'sweep' });
  const { values } = await scheduler.respond(long);
  expect(values).toEqual(handResponses(long));
  expect(batches).toEqual([4, 4, 2]);
});

test('predictions that wait one after the other share a batch', async () => {
  const { engine, scheduler, batches } = setUp();
  engine.hold();
  const requests = [1, 2, 1, 1, 1].map((count, i) =>
    request(count, { stimuli: stimuli(count, 10 * i) }),
  );
  const answers = requests.map((asked) => scheduler.respond(asked));
  expect(scheduler.depth).toBe(6);
  engine.open();
  const responses = (await Promise.all(answers)).map(({ values }) => values);
  expect(responses).toEqual(requests.map(handResponses));
  expect(batches).toEqual([1, 4, 1]);
});

test('other neurons or another model make another batch, and nobody is overtaken', async () => {
  const { engine, scheduler } = setUp();
  engine.hold();
  const others = [
    request(1, { stimuli: stimuli(1, 10) }),
    request(1, { stimuli: stimuli(1, 20), neurons: Int32Array.of(2, 0) }),
    request(1, { stimuli: stimuli(1, 30) }),
    request(1, { stimuli: stimuli(1, 40), digest: 'b'.repeat(64) }),
  ];
  const answers = [request(1), ...others].map((asked) => scheduler.respond(asked));
  engine.open();
  await Promise.all(answers);
  expect(firstPixels(engine)).toEqual([1, 10, 20, 30, 40]);
});

test('a prediction waits for one chunk of a sweep at most', async () => {
  const { engine, scheduler } = setUp();
  engine.hold();
  const sweep = scheduler.respond(request(12, { priority: 'sweep' }));
  const prediction = scheduler.respond(request(1, { stimuli: stimuli(1, 100) }));
  engine.open();
  await Promise.all([sweep, prediction]);
  expect(firstPixels(engine)).toEqual([1, 100, 5, 9]);
});

test('a full queue refuses, and takes requests again when it has emptied', async () => {
  const { engine, scheduler } = setUp({ capacity: 5 });
  engine.hold();
  const accepted = [request(4), request(5)].map((asked) => scheduler.respond(asked));
  await expect(scheduler.respond(request(1))).rejects.toThrow(QueueFullError);
  const sweep = scheduler.respond(request(5, { priority: 'sweep' }));
  expect(scheduler.depth).toBe(14);
  engine.open();
  await Promise.all([...accepted, sweep]);
  expect(scheduler.depth).toBe(0);
  await scheduler.respond(request(5));
});

test('a request whose client has gone costs no compute', async () => {
  const { engine, scheduler } = setUp();
  engine.hold();
  const first = scheduler.respond(request(1));
  const client = new AbortController();
  const gone = scheduler.respond(request(2, { stimuli: stimuli(2, 50), signal: client.signal }));
  expect(scheduler.depth).toBe(3);
  client.abort();
  await expect(gone).rejects.toThrow(AbandonedError);
  expect(scheduler.depth).toBe(1);
  engine.open();
  await first;
  expect(engine.asked).toHaveLength(1);
  await expect(scheduler.respond(request(1, { signal: client.signal }))).rejects.toThrow(
    AbandonedError,
  );
});

test('a client that leaves halfway saves the rest of its sweep', async () => {
  const { engine, scheduler } = setUp();
  engine.hold();
  const client = new AbortController();
  const sweep = scheduler.respond(request(12, { priority: 'sweep', signal: client.signal }));
  client.abort();
  await expect(sweep).rejects.toThrow(AbandonedError);
  expect(scheduler.depth).toBe(4);
  engine.open();
  await scheduler.drain();
  expect(engine.asked).toHaveLength(1);
  expect(scheduler.depth).toBe(0);
});

test('past its deadline a request is refused and costs no compute', async () => {
  const { engine, scheduler, time } = setUp();
  engine.hold();
  const first = scheduler.respond(request(1));
  const late = scheduler.respond(request(1, { deadline: 10 }));
  const patient = scheduler.respond(request(2, { deadline: 11 }));
  time.now = 10;
  engine.open();
  await expect(late).rejects.toThrow(DeadlineError);
  await Promise.all([first, patient]);
  expect(engine.asked.map((question) => question.stimuli.count)).toEqual([1, 2]);
  await expect(scheduler.respond(request(1, { deadline: 10 }))).rejects.toThrow(DeadlineError);
  expect(scheduler.depth).toBe(0);
});

test('responses that come after the deadline are refused, not answered late', async () => {
  const { engine, scheduler, time } = setUp();
  engine.hold();
  const answer = scheduler.respond(request(1, { deadline: 10 }));
  time.now = 10;
  engine.open();
  await expect(answer).rejects.toThrow(DeadlineError);
});

test('time in the queue and at the engine are told apart', async () => {
  const { engine, scheduler, time } = setUp();
  engine.hold();
  const first = scheduler.respond(request(1));
  const second = scheduler.respond(request(1));
  time.now = 2000;
  engine.release();
  expect(await first).toMatchObject({ queueSeconds: 0, inferSeconds: 2 });
  await engine.whenAsked(2);
  time.now = 5000;
  engine.release();
  expect(await second).toMatchObject({ queueSeconds: 2, inferSeconds: 3 });
});

test('an engine that dies is asked once more', async () => {
  const { engine, scheduler } = setUp();
  engine.failNext(new EngineLostError('killed'));
  const asked = request(2);
  expect((await scheduler.respond(asked)).values).toEqual(handResponses(asked));
  expect(engine.asked).toHaveLength(2);
});

test('an engine that dies twice fails the batch, and the next one is answered', async () => {
  const { engine, scheduler } = setUp();
  engine.failNext(new EngineLostError('killed'));
  engine.failNext(new EngineLostError('killed again'));
  await expect(scheduler.respond(request(9))).rejects.toThrow('killed again');
  expect(scheduler.depth).toBe(0);
  expect(engine.asked).toHaveLength(2);
  await scheduler.respond(request(1));
});

test('another failure of the engine is not asked again, and counts nothing twice', async () => {
  const { engine, scheduler } = setUp();
  engine.hold();
  const first = scheduler.respond(request(1));
  const mates = [request(1), request(2)].map((asked) => scheduler.respond(asked));
  engine.failNext(new Error('broken'));
  engine.open();
  await first;
  for (const mate of mates) await expect(mate).rejects.toThrow('broken');
  expect(scheduler.depth).toBe(0);
  expect(engine.asked).toHaveLength(2);
});

test('responses of the wrong number are a bug, not an answer', async () => {
  const scheduler = createScheduler({
    engine: { respond: async () => new Float32Array(3) },
    capacity: 10,
    chunk: 4,
    clock: () => 0,
  });
  await expect(scheduler.respond(request(1))).rejects.toThrow(
    'the engine gave 3 responses where 2 were asked for',
  );
  expect(scheduler.depth).toBe(0);
});

test('draining answers what was accepted and refuses the rest', async () => {
  const { engine, scheduler } = setUp();
  engine.hold();
  const accepted = [request(1), request(9, { priority: 'sweep' })].map((asked) =>
    scheduler.respond(asked),
  );
  const drained = scheduler.drain();
  await expect(scheduler.respond(request(1))).rejects.toThrow(DrainingError);
  engine.open();
  await drained;
  expect(scheduler.depth).toBe(0);
  await Promise.all(accepted);
});

test('whatever the order of events, everybody gets their own rows, first in first out', async () => {
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
          for (let n = 0; n < releasedBefore && engine.asked.length > released; n++) {
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
            (error) => expect([gone, error.name]).toEqual([true, 'AbandonedError']),
          );
          outcomes.push(answer);
          if (gone) client.abort();
        }
        engine.open();
        await Promise.all(outcomes);
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
