import { ARCHITECTURES, type ArchitectureId } from '../../src/network/architectures/index.js';
import { multiplications } from '../../src/network/multiplications.js';
import { median, quantile } from '../figures.js';
import { npyRequest, openHttpClient } from '../http-client.js';
import type { Row } from '../table.js';
import { type Config, serve, startPublished, startWorker } from './config.js';

/** Minimum number of answers and minimum duration of a contender's turn. */
const TURN = { answers: 4, milliseconds: 400 };
/** Before it is counted: code that has run a few times only is not yet compiled. */
const WARM_UP = { answers: 4, milliseconds: 3000 };
const SIDE = 50;

interface Targets {
  readonly milliseconds?: number;
  /** Times faster than PyTorch. */
  readonly published: number;
}

/** Milliseconds of each answer of a contender. */
interface Series {
  readonly name: string;
  send(): Promise<number>;
  readonly latencies: number[];
}

/**
 * One client that sends one request at a time: the service over HTTP, a bare session, and PyTorch over HTTP,
 * in turns. For ff_cnn also one neuron alone, and eight images, as a share of the machine's peak.
 */
export async function measureOneAtATime(
  id: ArchitectureId,
  targets: Targets,
  config: Config,
): Promise<Row[]> {
  const { neurons, rounds } = config;
  const service = await serve(id, config);
  const session = await startWorker('session', id, config);
  const published = await startPublished(id, config);
  const client = openHttpClient();
  const over = (url: string, images: number) => {
    const request = npyRequest(url, images);
    return async () => (await client.send(request)).trip;
  };
  const address = `${service.url}/v1/models/${id}/responses`;
  const own = series('service', over(address, 1));
  const bare = series('session', () => session.send('1'));
  const theirs = published && series('PyTorch', over(published.url, 1));
  const one = series('one neuron', over(`${address}?neurons=0`, 1));
  const eight = series('eight images', over(address, 8));
  const peaks: number[] = [];
  const contenders = [own, bare, theirs, ...(id === 'ff_cnn' ? [one, eight] : [])];
  for (const contender of contenders) if (contender) await take(contender, WARM_UP);
  for (let round = 0; round < rounds; round++) {
    for (const contender of contenders) {
      if (!contender) continue;
      // what the one before left running, and its data in the caches, is not counted
      await contender.send();
      contender.latencies.push(...(await take(contender, TURN)));
    }
    if (id === 'ff_cnn') peaks.push(await session.send('peak'));
  }
  client.close();
  await Promise.all([service.stop(), session.stop(), published?.stop()]);

  const rows = [latency(`${neurons} x ${id}, 1 image, over HTTP, p50`, own, bare, theirs, targets)];
  if (id !== 'ff_cnn') return rows;
  const { each } = multiplications(ARCHITECTURES[id].network, { height: SIDE, width: SIDE });
  const flop = 2 * each * neurons;
  return [...rows, oneNeuron(one, neurons), share(eight, flop, peaks)];
}

function series(name: string, send: () => Promise<number>): Series {
  return { name, send, latencies: [] };
}

async function take({ send }: Series, turn: typeof TURN): Promise<number[]> {
  const latencies: number[] = [];
  const end = performance.now() + turn.milliseconds;
  while (latencies.length < turn.answers || performance.now() < end) latencies.push(await send());
  return latencies;
}

function latency(
  what: string,
  own: Series,
  bare: Series,
  theirs: Series | undefined,
  targets: Targets,
): Row {
  const [ms, session] = [median(own.latencies), median(bare.latencies)];
  const faster = theirs && median(theirs.latencies) / ms;
  const reached = ms <= (targets.milliseconds ?? Number.POSITIVE_INFINITY);
  const wanted = [
    targets.milliseconds && `at most ${targets.milliseconds} ms`,
    `${targets.published} x faster than PyTorch`,
  ].filter(Boolean);
  return {
    what,
    toReach: wanted.join(', '),
    measured:
      `${describeLatencies(own)}; ${(ms / session).toFixed(2)} x the session, ${describeLatencies(bare)}; ` +
      (theirs === undefined
        ? 'no PyTorch here'
        : `${faster!.toFixed(1)} x faster than PyTorch, ${describeLatencies(theirs)}`),
    met: reached && (faster === undefined ? undefined : faster >= targets.published),
  };
}

function oneNeuron(one: Series, neurons: number): Row {
  return {
    what: `1 neuron of ${neurons} x ff_cnn, over HTTP, p50`,
    toReach: 'at most 1.5 ms',
    measured: describeLatencies(one),
    met: median(one.latencies) <= 1.5,
  };
}

/** @param flop operations that one image takes; @param peaks GFLOP/s of a matrix product */
function share(eight: Series, flop: number, peaks: readonly number[]): Row {
  const speed = (8 * flop) / (1e6 * median(eight.latencies));
  const peak = median(peaks);
  return {
    what: 'compute: ff_cnn, 8 images in a request',
    toReach: 'at least 138 % of the peak',
    measured:
      `${((100 * speed) / peak).toFixed(0)} %: ${describeLatencies(eight)}, ${speed.toFixed(0)} of the ` +
      `${peak.toFixed(0)} GFLOP/s of a matrix product`,
    met: speed / peak >= 1.38,
  };
}

/** The median, and where nine of ten lie. */
function describeLatencies({ latencies }: Series): string {
  return `${median(latencies).toFixed(2)} ms (p90 ${quantile(latencies, 0.9).toFixed(2)})`;
}
