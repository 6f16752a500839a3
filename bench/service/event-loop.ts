import { type BenchRequest, npyRequest, openHttpClient } from '../http-client.js';
import type { Row } from '../table.js';
import { type Config, serve } from './config.js';

const CLIENTS = 6;
/** Of the large sets, one after the other. */
const LARGE = 4;
const METRIC = /^hypercolumn_nodejs_eventloop_lag_(p99|max)_seconds (\S+)/gm;

/**
 * Measures how late timers of the service's process fire while clients request predictions without a pause, and
 * two more send large sets: one for peak tuning, one for responses as JSON.
 */
export async function measureEventLoop(config: Config): Promise<Row[]> {
  const service = await serve('ff_cnn', config);
  const address = `${service.url}/v1/models/ff_cnn`;
  const large = (route: string) => npyRequest(`${address}/${route}`, config.images);
  const json = { ...large('responses'), headers: { 'Content-Type': 'application/x-npy' } };
  await lag(service.url);
  let over = false;
  const small = Array.from({ length: CLIENTS }, () =>
    sendRepeatedly(npyRequest(`${address}/responses`, 1), () => over),
  );
  await Promise.all([times(LARGE, large('tuning/peak')), times(LARGE, json)]);
  over = true;
  await Promise.all(small);
  const { p99, max } = await lag(service.url);
  await service.stop();
  return [
    {
      what: `event loop under full load (${config.images} images twice next to ${CLIENTS} clients), p99`,
      toReach: 'never more than 20 ms late',
      measured: `${(1000 * p99).toFixed(1)} ms, at most ${(1000 * max).toFixed(1)} ms`,
      met: max <= 0.02,
    },
  ];
}

async function sendRepeatedly(request: BenchRequest, over: () => boolean): Promise<void> {
  const client = openHttpClient();
  while (!over()) await client.send(request);
  client.close();
}

async function times(count: number, request: BenchRequest): Promise<void> {
  let left = count;
  await sendRepeatedly(request, () => left-- === 0);
}

/** Milliseconds between the timers with which the metric measures, which it counts too. */
const PERIOD = 10;

/** By how many seconds timers were late since the last request. */
async function lag(url: string): Promise<{ readonly p99: number; readonly max: number }> {
  const text = await (await fetch(`${url}/metrics`)).text();
  const seconds = Object.fromEntries([...text.matchAll(METRIC)].map(([, name, at]) => [name, at]));
  const late = (value: unknown) => Math.max(0, Number(value) - PERIOD / 1000);
  return { p99: late(seconds.p99), max: late(seconds.max) };
}
