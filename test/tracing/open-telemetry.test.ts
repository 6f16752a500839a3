import { pino } from 'pino';
import { expect, onTestFinished, test, vi } from 'vitest';
import { openTracer } from '../../src/tracing/open-tracer.js';
import { traceBatch } from '../../src/tracing/trace-batch.js';
import { NO_TRACER, traced, traceId } from '../../src/tracing/tracer.js';
import { startCollector } from '../support/collector.js';

const PARENT = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01';

async function openTest(status?: () => number) {
  const collector = await startCollector(status);
  const log: Record<string, unknown>[] = [];
  const logger = pino({}, { write: (line: string) => log.push(JSON.parse(line)) });
  const tracer = await openTracer(`${collector.url}/`, 'hypercolumn', logger);
  onTestFinished(() => tracer.close());
  return { collector, log, tracer };
}

test('without a collector nothing is traced', async () => {
  const tracer = await openTracer(undefined, 'hypercolumn', pino({ level: 'silent' }));
  expect(tracer).toBe(NO_TRACER);
  const span = tracer.start('request', { kind: 'server', parent: PARENT });
  expect(span.start('part').traceparent).toBeUndefined();
  expect(traceId(span)).toBeUndefined();
});

test('spans arrive with their parents, times and attributes', async () => {
  const { collector, tracer } = await openTest();
  const span = tracer.start('GET', { kind: 'server', parent: PARENT });
  const begun = performance.now() - 50;
  traceBatch(span, { queued: begun, started: begun + 20, ended: begun + 50, stimuli: 7 });
  await expect(
    traced(span, 'step', () => Promise.reject(new Error('no room')), { key: 'neuron 3' }),
  ).rejects.toThrow('no room');
  span.end({ name: 'GET /v1/models', attributes: { status: 200, model: undefined } });
  await tracer.close();

  const request = await collector.waitFor('GET /v1/models');
  const [, trace, parent] = PARENT.split('-');
  expect(request).toMatchObject({
    service: 'hypercolumn',
    kind: 2,
    trace,
    parent,
    attributes: { status: 200 },
    error: undefined,
  });
  expect(span.traceparent).toBe(`00-${trace}-${request.id}-01`);
  expect(traceId(span)).toBe(trace);
  const part = { trace, parent: request.id, service: 'hypercolumn' };
  const [queue, infer, step] = ['queue', 'infer', 'step'].map(
    (name) => collector.spans.find((span) => span.name === name)!,
  );
  expect(queue).toMatchObject(part);
  expect(queue!.end - queue!.start).toBeCloseTo(20, 1);
  expect(infer).toMatchObject({ ...part, attributes: { 'hypercolumn.stimuli': 7 } });
  expect(infer!.end - infer!.start).toBeCloseTo(30, 1);
  expect(infer!.start).toBeCloseTo(queue!.end, 1);
  expect(step).toMatchObject({ ...part, attributes: { key: 'neuron 3' }, error: 'no room' });
});

test('a traceparent that cannot be read starts a trace of its own', async () => {
  const { collector, tracer } = await openTest();
  tracer.start('request', { kind: 'server', parent: '00-nonsense' }).end();
  await tracer.close();
  expect(await collector.waitFor('request')).toMatchObject({
    parent: '',
    trace: expect.stringMatching(/^[0-9a-f]{32}$/),
  });
});

test('a trace that its beginning does not record is not recorded here', async () => {
  const { collector, tracer } = await openTest();
  const unsampled = PARENT.replace(/01$/, '00');
  const span = tracer.start('unsampled', { kind: 'server', parent: unsampled });
  expect(span.traceparent).toMatch(/^00-0af7651916cd43dd8448eb211c80319c-.*-00$/);
  span.end();
  tracer.start('sampled', { kind: 'server', parent: PARENT }).end();
  await tracer.close();
  await collector.waitFor('sampled');
  expect(collector.spans.map(({ name }) => name)).toEqual(['sampled']);
});

test('a collector that refuses is logged once, with its address', async () => {
  const { collector, log, tracer } = await openTest(() => 400);
  tracer.start('lost', { kind: 'server' }).end();
  await tracer.close();
  await vi.waitFor(() => expect(log).toHaveLength(1));
  expect(log[0]).toMatchObject({
    level: 40,
    url: `${collector.url}/v1/traces`,
    msg: 'traces cannot be sent; they are dropped',
  });
});
