import { expect, test } from 'vitest';
import { energyApp, measure, ROUTE, rejected } from './experiment.js';

test.each([
  [
    { parameter: 'colour' },
    'parameter',
    /grating has no "colour"; expected one of orientation, spatial/,
  ],
  [
    { parameter: 'spatial_frequency' },
    'parameter',
    /azimuth, elevation; did you mean spatialFrequency\?$/,
  ],
  [{ parameter: 'frames', stimulus: { driftingGrating: {} } }, 'parameter', /has no "frames"/],
  [{ values: [0, 'x'] }, 'values[1]', /expected a number/],
  [{ values: [] }, 'values', /1/],
  [{ parameter: 'contrast', values: [0.5, 2] }, 'values[1]', /expected at most 1/],
  [{ parameter: 'x', second: 'y', secondValues: [0, 1e9] }, 'secondValues[1]', /10000/],
  [{ parameter: 'x', second: 'y', secondValues: [1e9, 0] }, 'secondValues[0]', /10000/],
  [{ second: 'contrast' }, 'parameter', /is missing/],
  [{ secondValues: [1] }, 'second', /is missing/],
  [{ parameter: 'x', second: 'x' }, 'second', /the first parameter again/],
  [{ stimulus: {} }, 'stimulus', /one of grating, driftingGrating/],
  [{ stimulus: { grating: 3 } }, 'stimulus.grating', /an object with parameters/],
  [{ stimulus: { grating: { colour: 1 } } }, 'stimulus.grating', /colour/],
  [{ stimulus: { grating: {}, units: 'degrees' } }, 'stimulus.units', /no model card/],
  [
    { stimulus: { grating: { innerDiameter: 30 } } },
    'stimulus.grating',
    /at orientation 0, phase 0: innerD/,
  ],
  [
    { parameter: 'x', values: Array(100).fill(1), second: 'y', secondValues: Array(100).fill(1) },
    'secondValues',
    /too many combinations of values: 10000; expected at most 2500/,
  ],
  [{ neurons: '9' }, 'neurons', /unknown neuron: 9/],
])('%j is rejected and costs no compute', async (body, path, message) => {
  expect(await rejected(body)).toMatchObject({
    status: 422,
    errors: [{ path, message: expect.stringMatching(message) }],
  });
});

test('more stimuli than a request may have are rejected and cost no compute', async () => {
  expect(await rejected({}, energyApp({ limits: { maxStimuli: 96 } }))).toMatchObject({
    status: 413,
    detail: 'too many stimuli: 97; expected at most 96 in one request',
  });
});

test('a sweep is rendered and computed in slices', async () => {
  const app = energyApp({ chunk: 10_000 });
  const asked: string[] = [];
  const { scheduler } = app.service;
  const respond: typeof scheduler.respond = (request) => {
    asked.push(`${request.priority} ${request.stimuli.count}`);
    return scheduler.respond(request);
  };
  app.state.readiness = {
    state: 'ready',
    service: { ...app.service, scheduler: { ...scheduler, respond } },
  };
  await measure({ parameter: 'orientation', second: 'spatialFrequency' }, app);
  expect(asked).toEqual(['sweep 1165', 'sweep 947', 'sweep 1']);
});

test('the event loop runs between stimuli and between neurons', async () => {
  const app = energyApp();
  let turns = 0;
  let done = false;
  const count = () => {
    turns++;
    if (!done) setImmediate(count);
  };
  setImmediate(count);
  await measure({ parameter: 'orientation', second: 'spatialFrequency' }, app);
  done = true;
  // 2112 stimuli of 900 pixels are rendered and checked, 2^18 pixels at a time; then 3 neurons are fitted.
  expect(turns).toBeGreaterThanOrEqual(7 + 7 + 3);
});

test('the rest of a sweep costs nothing once the client has disconnected', async () => {
  const app = energyApp();
  const client = new AbortController();
  app.engine.hold();
  const body = JSON.stringify({ parameter: 'orientation', second: 'spatialFrequency' });
  const request = new Request(`http://x${ROUTE}`, { method: 'POST', body, signal: client.signal });
  const answer = app.app.request(request);
  await app.engine.whenRequested(1);
  client.abort();
  app.engine.open();
  expect((await answer).status).toBe(499);
  expect(app.engine.requests).toHaveLength(1);
});

test('JSON without stimuli has at most 256 KiB', async () => {
  const { app } = energyApp({ limits: { maxBody: 2 ** 20 } });
  const answer = async (length: number) => {
    const body = '{"parameter":"none"}'.padEnd(length);
    const { status } = await app.request(ROUTE, { method: 'POST', body });
    return status;
  };
  expect(await answer(2 ** 18)).toBe(422);
  expect(await answer(2 ** 18 + 1)).toBe(413);
});
