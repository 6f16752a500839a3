import { expect, test } from 'vitest';
import {
  ClientDisconnectedError,
  DeadlineError,
  DrainingError,
  EngineLostError,
  QueueFullError,
} from '../../src/errors.js';
import { createScheduler } from '../../src/inference/scheduler.js';
import { type createFakeEngine, handResponses } from '../support/fake-engine.js';
import { request, setUp, stimuli } from './scheduled-requests.js';

/** The first pixel of the first stimulus of each request to the engine. */
const firstPixels = (engine: ReturnType<typeof createFakeEngine>) =>
  engine.requests.map((question) => question.stimuli.pixels[0]);

test('a request gets its responses, row = stimulus, column = neuron', async () => {
  const { scheduler } = setUp();
  const { values } = await scheduler.respond(request(3));
  expect([...values]).toEqual([1, 3, 2, 6, 3, 9]);
  expect(scheduler.depth).toBe(0);
});

test('a response that is no finite number rejects its own request and no other', async () => {
  const { engine, scheduler } = setUp();
  engine.hold();
  const fine = [request(1), request(2)];
  const bad = request(3, { stimuli: stimuli(3, Number.NaN) });
  const [first, other, last] = [fine[0]!, bad, fine[1]!].map((asked) => scheduler.respond(asked));
  engine.open();
  await expect(other).rejects.toThrow(
    'stimulus 0 has a response of NaN; expected finite responses: the network cannot be used for it',
  );
  expect((await first!).values).toEqual(handResponses(fine[0]!));
  expect((await last!).values).toEqual(handResponses(fine[1]!));
});

test('a request longer than a chunk is cut and put together again', async () => {
  const { scheduler, batches } = setUp();
  const long = request(10);
  const { values } = await scheduler.respond(long);
  expect(values).toEqual(handResponses(long));
  expect(batches).toEqual([4, 4, 2]);
});

test('consecutive predictions that wait share a batch', async () => {
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

test('requests to the same model share a batch whatever their neurons, and none is overtaken', async () => {
  const { engine, scheduler, batches } = setUp();
  engine.hold();
  const others = [
    request(1, { stimuli: stimuli(1, 10) }),
    request(1, { stimuli: stimuli(1, 20), neurons: Int32Array.of(2, 0) }),
    request(1, { stimuli: stimuli(1, 30), neurons: Int32Array.of(2, 0) }),
    request(1, { stimuli: stimuli(1, 40), digest: 'b'.repeat(64) }),
  ];
  const answers = [request(1), ...others].map((asked) => scheduler.respond(asked));
  engine.open();
  const responses = (await Promise.all(answers)).map(({ values }) => values);
  expect(responses).toEqual([request(1), ...others].map(handResponses));
  expect(firstPixels(engine)).toEqual([1, 10, 20, 40]);
  expect(batches).toEqual([1, 3, 1]);
});

test('a request that fails does not affect the others of its batch', async () => {
  const { engine, scheduler } = setUp();
  engine.hold();
  const first = scheduler.respond(request(1));
  const broken = scheduler.respond(request(1, { neurons: Int32Array.of(1) }));
  const sound = request(1, { neurons: Int32Array.of(2) });
  const answer = scheduler.respond(sound);
  engine.failNext(new Error('broken'));
  engine.open();
  await first;
  await expect(broken).rejects.toThrow('broken');
  expect((await answer).values).toEqual(handResponses(sound));
});

test('low-priority requests let predictions pass at the engine, but no sweep', async () => {
  const { engine, scheduler } = setUp();
  engine.hold();
  const order: string[] = [];
  const note = (what: string) => () => void order.push(what);
  const prediction = scheduler.respond(request(1)).then(note('prediction'));
  const waited = scheduler.yieldToEventLoop().then(note('waited'));
  await new Promise(setImmediate);
  expect(order).toEqual([]);
  engine.open();
  await Promise.all([prediction, waited]);
  expect(order).toEqual(['prediction', 'waited']);
  engine.hold();
  const sweep = scheduler.respond(request(1, { priority: 'sweep' }));
  await scheduler.yieldToEventLoop();
  engine.open();
  await sweep;
});

test('a full queue rejects requests and accepts them again when it is empty', async () => {
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

test('a request whose client has disconnected costs no compute', async () => {
  const { engine, scheduler } = setUp();
  engine.hold();
  const first = scheduler.respond(request(1));
  const client = new AbortController();
  const gone = scheduler.respond(request(2, { stimuli: stimuli(2, 50), signal: client.signal }));
  expect(scheduler.depth).toBe(3);
  client.abort();
  await expect(gone).rejects.toThrow(ClientDisconnectedError);
  expect(scheduler.depth).toBe(1);
  engine.open();
  await first;
  expect(engine.requests).toHaveLength(1);
  await expect(scheduler.respond(request(1, { signal: client.signal }))).rejects.toThrow(
    ClientDisconnectedError,
  );
});

test('a client that disconnects halfway saves the rest of its sweep', async () => {
  const { engine, scheduler } = setUp();
  engine.hold();
  const client = new AbortController();
  const sweep = scheduler.respond(request(12, { priority: 'sweep', signal: client.signal }));
  client.abort();
  await expect(sweep).rejects.toThrow(ClientDisconnectedError);
  expect(scheduler.depth).toBe(1);
  engine.open();
  await scheduler.drain();
  expect(engine.requests).toHaveLength(1);
  expect(scheduler.depth).toBe(0);
});

test('a request past its deadline is rejected and costs no compute', async () => {
  const { engine, scheduler, time } = setUp();
  engine.hold();
  const first = scheduler.respond(request(1));
  const late = scheduler.respond(request(1, { deadline: 10 }));
  const patient = scheduler.respond(request(2, { deadline: 11 }));
  time.now = 10;
  engine.open();
  await expect(late).rejects.toThrow(DeadlineError);
  await Promise.all([first, patient]);
  expect(engine.requests.map((question) => question.stimuli.count)).toEqual([1, 2]);
  await expect(scheduler.respond(request(1, { deadline: 10 }))).rejects.toThrow(DeadlineError);
  expect(scheduler.depth).toBe(0);
});

test('responses that come after the deadline are rejected, not returned late', async () => {
  const { engine, scheduler, time } = setUp();
  engine.hold();
  const answer = scheduler.respond(request(1, { deadline: 10 }));
  time.now = 10;
  engine.open();
  await expect(answer).rejects.toThrow(DeadlineError);
});

test('the time in the queue and the time at the engine are reported separately', async () => {
  const { engine, scheduler, time } = setUp();
  engine.hold();
  const first = scheduler.respond(request(1));
  const second = scheduler.respond(request(1));
  time.now = 2000;
  engine.release();
  expect(await first).toMatchObject({ queueSeconds: 0, inferSeconds: 2 });
  await engine.whenRequested(2);
  time.now = 5000;
  engine.release();
  expect(await second).toMatchObject({ queueSeconds: 2, inferSeconds: 3 });
});

test('a batch is sent again when the engine died', async () => {
  const { engine, scheduler } = setUp();
  engine.failNext(new EngineLostError('killed'));
  const asked = request(2);
  expect((await scheduler.respond(asked)).values).toEqual(handResponses(asked));
  expect(engine.requests).toHaveLength(2);
});

test('an engine that dies twice fails the batch, and the next batch is answered', async () => {
  const { engine, scheduler } = setUp();
  engine.failNext(new EngineLostError('killed'));
  engine.failNext(new EngineLostError('killed again'));
  await expect(scheduler.respond(request(9))).rejects.toThrow('killed again');
  expect(scheduler.depth).toBe(0);
  expect(engine.requests).toHaveLength(2);
  await scheduler.respond(request(1));
});

test('another failure of the engine is not retried, and nothing is counted twice', async () => {
  const { engine, scheduler } = setUp();
  engine.hold();
  const first = scheduler.respond(request(1));
  const mates = [request(1), request(2)].map((asked) => scheduler.respond(asked));
  engine.failNext(new Error('broken'));
  engine.open();
  await first;
  for (const mate of mates) await expect(mate).rejects.toThrow('broken');
  expect(scheduler.depth).toBe(0);
  expect(engine.requests).toHaveLength(2);
});

test('responses of the wrong number are a bug', async () => {
  const scheduler = createScheduler({
    engine: { respond: async () => new Float32Array(3) },
    capacity: 10,
    chunk: 4,
    sweepMilliseconds: 20,
    clock: () => 0,
  });
  await expect(scheduler.respond(request(1))).rejects.toThrow(
    'the engine gave 3 responses; expected 2',
  );
  expect(scheduler.depth).toBe(0);
});

test('draining answers accepted requests and rejects new ones', async () => {
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
