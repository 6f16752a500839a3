import { expect, test } from 'vitest';
import type { EngineRequest } from '../../src/inference/engine.js';
import { createFakeEngine, handResponses } from '../support/fake-engine.js';
import { request, setUp, stimuli } from './scheduled-requests.js';

/** A scheduler whose clock goes on by what each request takes at the engine, in milliseconds. */
function setUpTimed(takes: (asked: EngineRequest) => number) {
  const fake = createFakeEngine();
  const time = { now: 0 };
  const engine = {
    respond(asked: EngineRequest) {
      time.now += takes(asked);
      return fake.respond(asked);
    },
  };
  const { scheduler, batches } = setUp({ clock: () => time.now, engine });
  return { scheduler, batches, time };
}

test('a prediction waits for one chunk of a sweep at most', async () => {
  const { engine, scheduler } = setUp();
  engine.hold();
  const sweep = scheduler.respond(request(12, { priority: 'sweep' }));
  const prediction = scheduler.respond(request(1, { stimuli: stimuli(1, 100) }));
  engine.open();
  await Promise.all([sweep, prediction]);
  const firstPixels = engine.requests.map((asked) => asked.stimuli.pixels[0]);
  expect(firstPixels).toEqual([1, 100, 2, 6, 10]);
});

test.each([
  { each: 6, expected: [1, 3, 3, 3] },
  { each: 30, expected: [1, 1, 1, 1, 1, 1, 1, 1, 1, 1] },
  { each: 1, expected: [1, 4, 4, 1] },
])('a sweep is cut into chunks of 20 ms: at $each ms each', async ({ each, expected }) => {
  const { scheduler, batches } = setUpTimed(({ stimuli: { count } }) => each * count);
  const sweep = request(10, { priority: 'sweep' });
  expect((await scheduler.respond(sweep)).values).toEqual(handResponses(sweep));
  expect(batches).toEqual(expected);
});

test.each([
  { since: 0, expected: [1, 2, 2, 2, 2, 1] },
  { since: 1900, expected: [1, 2, 2, 2, 2, 1] },
  { since: 2001, expected: [1, 4, 4, 1] },
])(
  'a sweep is cut into chunks as long as the prediction of 5 ms that came $since ms before, at 2 ms each',
  async ({ since, expected }) => {
    let each = 5;
    const { scheduler, batches, time } = setUpTimed(({ stimuli: { count } }) => each * count);
    await scheduler.respond(request(1));
    time.now += since;
    each = 2;
    await scheduler.respond(request(10, { priority: 'sweep' }));
    expect(batches).toEqual([1, ...expected]);
  },
);

test('a sweep gets a fifth of the time of an engine that predictions never leave free', async () => {
  let isOver = false;
  let predictions = 0;
  // 5 ms for a batch of predictions, 2 ms for a stimulus of the sweep
  const { scheduler, batches } = setUpTimed(({ stimuli: { pixels, count } }) => {
    const isPrediction = pixels[0]! >= 1000;
    if (isPrediction) predictions += 1;
    return isPrediction ? 5 : 2 * count;
  });
  const prediction = request(1, { stimuli: stimuli(1, 1000), digest: 'b'.repeat(64) });
  const client = async () => {
    while (!isOver) await scheduler.respond(prediction);
  };
  const clients = [client(), client()];
  const sweep = request(40, { priority: 'sweep' });
  const { values } = await scheduler.respond(sweep);
  isOver = true;
  await Promise.all(clients);
  expect(values).toEqual(handResponses(sweep));
  // The sweep's 40 stimuli take 80 ms, so the predictions get 320.
  expect(predictions).toBeGreaterThanOrEqual(60);
  expect(predictions).toBeLessThanOrEqual(70);
  // The longest batch of the sweep is as long as a prediction.
  expect(batches.filter((count) => count > 2)).toEqual([]);
});
