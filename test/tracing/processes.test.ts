import { fileURLToPath } from 'node:url';
import { expect, onTestFinished, test } from 'vitest';
import { encodeNpy } from '../../src/formats/npy.js';
import { testWith } from '../support/capabilities.js';
import { type CollectedSpan, startCollector } from '../support/collector.js';
import { redisServer, startRedis } from '../support/redis.js';
import { startService } from '../support/service.js';
import { temporaryFolder } from '../support/store.js';
import { openStream } from '../support/stream-client.js';
import { startWorker } from '../support/worker.js';

const MODELS_DIR = fileURLToPath(new URL('../../models', import.meta.url));
const TRACE = '4bf92f3577b34da6a3ce929d0e0e4736';
const CLIENT = `00-${TRACE}-00f067aa0ba902b7-01`;

async function startTraced(environment: Record<string, string> = {}) {
  const collector = await startCollector();
  const traced = {
    OTEL_EXPORTER_OTLP_ENDPOINT: collector.url,
    OTEL_BSP_SCHEDULE_DELAY: '100',
    DATA_DIR: await temporaryFolder(),
    MODELS_DIR,
    ENGINE: 'onnx',
    ...environment,
  };
  const service = await startService({ GRACE_SECONDS: '0', ...traced });
  onTestFinished(service.kill);
  return { collector, traced, service };
}

/** Posts a job in the trace of the client, and checks its spans from the request to the engine. */
async function checkJob(
  url: string,
  { spans, waitFor }: Awaited<ReturnType<typeof startCollector>>,
) {
  const answer = await fetch(`${url}/v1/models/demo/characterize`, {
    method: 'POST',
    headers: {
      'Content-Type': 'application/json',
      traceparent: CLIENT,
      'X-Request-Id': 'rig-7',
    },
    body: JSON.stringify({ neurons: [0] }),
  });
  expect(answer.status).toBe(202);
  const { id } = (await answer.json()) as { id: string };
  const request = await waitFor('POST /v1/models/:model/characterize');
  const job = await waitFor('job characterize');
  const run = await waitFor('run');
  const written = await waitFor('write result');
  expect(request).toMatchObject({ parent: CLIENT.split('-')[2], service: 'hypercolumn' });
  expect(job).toMatchObject({
    kind: 5,
    parent: request.id,
    attributes: {
      'hypercolumn.job.id': id,
      'hypercolumn.request.id': 'rig-7',
      'hypercolumn.model': 'demo/1',
    },
  });
  expect(run).toMatchObject({ parent: job.id, service: 'hypercolumn-worker' });
  const ofJob = (name: string) =>
    spans.find((span) => span.name === name && span.parent === job.id);
  const ofRun = (name: string) =>
    spans.find((span) => span.name === name && span.parent === run.id);
  expect(ofJob('queue')!.end).toBeLessThan(run.end);
  for (const name of ['load model', 'infer', 'step']) expect(ofRun(name)).toBeDefined();
  expect(written.parent).toBe(run.id);
  for (const span of [request, job, run, written]) expect(span.trace).toBe(TRACE);
}

test('a request is traced from the client to the engine, and its job into the process that runs it', async () => {
  const { collector, service } = await startTraced();
  const answer = await fetch(`${service.url}/v1/models/demo/responses?neurons=0`, {
    method: 'POST',
    headers: {
      'Content-Type': 'application/x-npy',
      traceparent: CLIENT,
      'X-Request-Id': 'rig-6',
    },
    body: new Uint8Array(encodeNpy(new Float32Array(2500).fill(0.5), [50, 50])),
  });
  expect(answer.status).toBe(200);
  const request = await collector.waitFor('POST /v1/models/:model/responses');
  expect(request).toMatchObject({
    service: 'hypercolumn',
    kind: 2,
    trace: TRACE,
    parent: CLIENT.split('-')[2],
    attributes: {
      'http.response.status_code': 200,
      'hypercolumn.request.id': 'rig-6',
      'hypercolumn.model': 'demo/1',
      'hypercolumn.stimuli': 1,
    },
  });
  const parts = collector.spans.filter(({ parent }) => parent === request.id);
  const names = new Set(parts.map(({ name }) => name));
  expect([...names]).toEqual(['decode', 'queue', 'infer', 'encode']);
  for (const { start, end } of parts) {
    expect(start).toBeGreaterThanOrEqual(request.start);
    expect(end).toBeLessThanOrEqual(request.end);
  }
  // The log has the trace, so that one finds the other.
  const lines = service
    .stderr()
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line));
  expect(lines.find(({ request }) => request === 'rig-6')).toMatchObject({ trace: TRACE });
  await checkJob(service.url, collector);
});

test('each frame of a stream is a trace; health checks are none; the last spans are sent at the end', async () => {
  const { collector, service } = await startTraced({ OTEL_BSP_SCHEDULE_DELAY: '60000' });
  const { spans } = collector;
  await fetch(`${service.url}/livez`);
  const stream = await openStream(service.url, 'demo/stream?dtype=uint8');
  for (const _ of [0, 1]) {
    stream.send(new Uint8Array(2500));
    await stream.next();
  }
  stream.socket.close();
  await stream.closed;
  expect(spans).toEqual([]);
  service.child.kill('SIGTERM');
  expect(await service.ended).toBe(0);
  const frames = spans.filter(({ name }) => name === 'frame');
  expect(frames.map(({ attributes }) => attributes['hypercolumn.sequence'])).toEqual([0, 1]);
  expect(new Set(frames.map(({ trace }) => trace)).size).toBe(2);
  for (const frame of frames) {
    const parts = spans.filter(({ parent }) => parent === frame.id);
    expect(parts.map(({ name }: CollectedSpan) => name)).toEqual(['decode', 'queue', 'infer']);
  }
  expect(spans.filter(({ name }) => name.includes('livez'))).toEqual([]);
});

testWith(redisServer())('a trace goes on through Redis into a worker', async () => {
  const redis = await startRedis();
  const { collector, traced, service } = await startTraced({ REDIS_URL: redis.url });
  await startWorker(traced);
  await checkJob(service.url, collector);
  const job = await collector.waitFor('job characterize');
  expect(job.service).toBe('hypercolumn-worker');
});
