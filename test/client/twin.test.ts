import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { WebSocket as PackageWebSocket } from 'ws';
import { connect, JobFailed, Problem, type Twin } from '../../src/client/index.js';
import { decodeNpy } from '../../src/formats/npy.js';
import { type RunningService, startService } from '../support/service.js';

const webSocket = PackageWebSocket as unknown as typeof WebSocket;
const NEURONS = [3, 8];
let service: RunningService;
let twin: Twin;
let folder: string;

beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'hypercolumn-client-'));
  service = await startService({ MODELS_DIR: 'models', DATA_DIR: folder, GRACE_SECONDS: '0' });
  twin = await connect(service.url).twin('demo');
});
afterAll(async () => {
  await service.kill();
  await rm(folder, { recursive: true, force: true });
});

/** Images whose rows and columns differ. */
function images(count: number): Uint8Array {
  return Uint8Array.from({ length: count * 2500 }, (_, i) => 64 + ((i * 7) % 128));
}

test('a service lists its models, and a model has its card', async () => {
  const listed = await connect(`${service.url}/`).models();
  expect(listed.map(({ name }) => name)).toContain('demo');
  expect(twin.card).toMatchObject({
    name: 'demo',
    version: 1,
    stimulus: { height: 50, width: 50 },
  });
  await expect(connect(service.url).twin('none')).rejects.toMatchObject({ status: 404 });
});

test('responses are those of a plain request, with where they come from', async () => {
  const data = images(2);
  const { values, shape, spread, provenance } = await twin.respond(
    { data, shape: [2, 50, 50] },
    { neurons: NEURONS },
  );
  const plain = await fetch(
    `${service.url}/v1/models/demo/responses?dtype=uint8&neurons=${NEURONS}`,
    {
      method: 'POST',
      headers: { 'Content-Type': 'application/octet-stream', Accept: 'application/x-npy' },
      body: new Uint8Array(data),
    },
  );
  expect([...values]).toEqual([...decodeNpy(new Uint8Array(await plain.arrayBuffer())).data]);
  expect(shape).toEqual([2, 2]);
  expect(spread).toBeNull();
  const { digest } = twin.card;
  expect(provenance).toMatchObject({ model: 'demo', version: 1, digest, neurons: NEURONS });
});

test('stimuli by their parameters are rendered', async () => {
  const both = await twin.respond([
    { grating: { orientation: 0 } },
    { grating: { orientation: 90 } },
  ]);
  expect(both.shape).toEqual([2, 16]);
  const second = await twin.respond({ grating: { orientation: 90 } });
  expect([...second.values]).toEqual([...both.values.subarray(16)]);
});

test('a wrong request is a problem that names its part', async () => {
  const error = await twin
    .respond({ grating: { orientaton: 0 } })
    .catch((reason: unknown) => reason);
  expect(error).toBeInstanceOf(Problem);
  expect(error).toMatchObject({ status: 422, message: expect.stringContaining('orientaton') });
  expect((error as Problem).errors.length).toBeGreaterThan(0);
  expect((error as Problem).requestId).toBeTruthy();
});

test('a tuning curve has a response for each value', async () => {
  const values = [0, 45, 90, 135];
  const answer = await twin.tuning('orientation', { neurons: [3], values });
  expect(answer.values).toEqual(values);
  expect(answer.neurons.map(({ id, curve }) => [id, curve.length])).toEqual([[3, 4]]);
});

test('a search for preferred stimuli reports its progress and has its images', async () => {
  const states: string[] = [];
  const { images: found, answer } = await twin.preferredStimulus({
    neurons: [3],
    options: { restarts: 2, steps: 3 },
    onProgress: ({ state }) => states.push(state),
  });
  expect(found.shape).toEqual([1, 2, 50, 50]);
  expect(answer.neurons.map(({ id }) => id)).toEqual([3]);
  expect(states.at(-1)).toBe('succeeded');
});

test('a job that is cancelled fails, and is found by its id', async () => {
  const job = await twin.start('characterize', { neurons: '0' });
  const waiting = job.wait().catch((reason: unknown) => reason);
  await job.cancel();
  expect(await waiting).toBeInstanceOf(JobFailed);
  const again = await connect(service.url).job(job.id);
  expect(again.record.state).toBe('cancelled');
});

test('a stream answers as a request does, and compares the clocks', async () => {
  const skew = 5_000;
  // The clock of this process in Unix time, as the service's, but wrong.
  const clock = () => performance.timeOrigin + performance.now() + skew;
  const stream = await twin.stream({ webSocket, neurons: NEURONS, clock, patience: 60_000 });
  const pixels = images(1);
  const reply = await stream.respond(pixels);
  const { values } = await twin.respond({ data: pixels, shape: [50, 50] }, { neurons: NEURONS });
  expect([...reply.responses]).toEqual([...values]);
  expect(reply.sequence).toBe(16);
  expect(reply.returned).toBeGreaterThanOrEqual(reply.received);
  // A busy machine makes round trips long; a short one comes after some.
  let reading = stream.clock!;
  for (let i = 0; i < 100 && reading.roundTrip > 1; i++) reading = await stream.synchronize();
  expect(Math.abs(reading.offset + skew)).toBeLessThan(1);
  stream.close();
  expect(await stream.ended).toBe('');
  await expect(stream.respond(pixels)).rejects.toMatchObject({ status: 0 });
});

test('several images may be on the way, and one that is wrong fails alone', async () => {
  const stream = await twin.stream({ webSocket, neurons: [3], dtype: 'float32', probes: 0 });
  expect(stream.clock).toBeNull();
  const gray = (value: number) => stream.respond(new Float32Array(2500).fill(value));
  const replies = await Promise.allSettled([gray(0.4), gray(2), gray(0.6)]);
  expect(replies).toMatchObject([
    { status: 'fulfilled', value: { sequence: 0 } },
    { status: 'rejected', reason: { status: 422, message: expect.stringContaining('0..1') } },
    { status: 'fulfilled', value: { sequence: 2 } },
  ]);
  stream.close();
});

test('a stream that is rejected says why', async () => {
  await expect(twin.stream({ webSocket, neurons: [99] })).rejects.toMatchObject({
    status: 422,
    message: expect.stringContaining('unknown neuron: 99'),
  });
});
