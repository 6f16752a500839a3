import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { openClosedLoopHttp, openClosedLoopStream } from '../closed-loop-client.js';
import { type Contender, startContender } from '../contender.js';
import { median } from '../figures.js';
import { type Latency, openHttpClient, type StageTimes } from '../http-client.js';
import type { Row } from '../table.js';
import type { Config } from './config.js';
import { serveDemo } from './demo.js';

const BURST = 100;
/** Requests of each kind that are not counted: code that has run a few times only is not yet compiled. */
const WARM_UP = 2000;
const MODEL = path.resolve('models/demo/1');

/** Answers of one kind. */
interface Kind {
  readonly send: () => Promise<Latency>;
  readonly latencies: Latency[];
  /** Milliseconds of the service's thread for each request, by turn. */
  readonly busy: number[];
}

/**
 * Where the time of one neuron of models/demo goes, over HTTP and on a stream: what the service reports of its stages, next
 * to two bare programs that exchange as many bytes, and to the engine in a process where nothing else happens.
 */
export async function measurePath(config: Config): Promise<Row[]> {
  const service = await serveDemo(config, 'path');
  const engine = await start('../inference-worker.js', 'engine', MODEL, String(config.threads));
  const plain = await start('../programs/plain-server.js');
  const model = `${service.url}/v1/models/demo`;
  const clients = [
    openClosedLoopHttp(model, '0'),
    await openClosedLoopStream(model, 'uint8', '0'),
    openClosedLoopHttp(plain.device, '0'),
    await openClosedLoopStream(plain.device, 'uint8', '0'),
  ] as const;
  const alive = openHttpClient();
  const [http, stream, bareHttp, bareStream] = [
    kind(clients[0].send),
    kind(clients[1].send),
    kind(clients[2].send),
    kind(clients[3].send),
  ];
  const livez = kind(async () => only(await alive.get(`${service.url}/livez`)));
  const computing = kind(async () => only(await engine.send('neuron')));
  const kinds = [http, stream, bareHttp, bareStream, livez, computing];
  for (const { send } of kinds) for (let i = 0; i < WARM_UP; i++) await send();
  for (let round = 0; round < config.rounds; round++) {
    for (const { send, latencies, busy } of kinds) {
      const before = await threadMilliseconds(service.pid);
      for (let i = 0; i < BURST; i++) latencies.push(await send());
      busy.push(((await threadMilliseconds(service.pid)) - before) / BURST);
    }
  }
  for (const client of [...clients, alive]) client.close();
  await Promise.all([service.stop(), engine.stop(), plain.stop()]);

  const alone = trip(computing);
  const parts = (own: Kind, bare: Kind) => {
    const stage = (name: string) => median(own.latencies.map(({ stages }) => stages[name] ?? 0));
    const [decode, queue, infer, encode] = ['decode', 'queue', 'infer', 'encode'].map(stage);
    const known = trip(bare) + decode! + queue! + infer! + encode!;
    return {
      'all, from the client and back': trip(own),
      'two bare programs, the same bytes': trip(bare),
      'reading the image': decode!,
      'waiting for the engine': queue!,
      'the engine, alone': alone,
      'to the inference process and back': infer! - alone,
      'writing the responses': encode!,
      'all else: routes, checks, headers': trip(own) - known,
      "processor time of the service's thread": median(own.busy),
    };
  };
  const [overHttp, onStream] = [parts(http, bareHttp), parts(stream, bareStream)];
  const rows = Object.entries(overHttp).map(([what, milliseconds]) =>
    row(
      what,
      `${micro(milliseconds)} over HTTP, ${micro(onStream[what as keyof typeof onStream])} on a stream`,
    ),
  );
  return [
    ...rows,
    row('GET /livez', `${micro(trip(livez))}, processor time ${micro(median(livez.busy))}`),
  ];
}

function kind(send: () => Promise<Latency>): Kind {
  return { send, latencies: [], busy: [] };
}

function only(milliseconds: number): Latency {
  const stages: StageTimes = {};
  return { trip: milliseconds, infer: Number.NaN, stages };
}

function trip({ latencies }: Kind): number {
  return median(latencies.map((latency) => latency.trip));
}

function micro(milliseconds: number): string {
  return `${Math.round(1000 * milliseconds)} us`;
}

function row(what: string, measured: string): Row {
  return { what: `1 neuron of demo, p50: ${what}`, toReach: '', measured, met: undefined };
}

async function start(module: string, ...args: string[]): Promise<Contender> {
  const file = fileURLToPath(new URL(module, import.meta.url));
  const started = await startContender(module, process.execPath, [file, ...args]);
  if (started === undefined) throw new Error(`${module} does not start`);
  return started;
}

/** How long the first thread of a process has computed. */
async function threadMilliseconds(pid: number): Promise<number> {
  const [nanoseconds] = (await readFile(`/proc/${pid}/task/${pid}/schedstat`, 'utf8')).split(' ');
  return Number(nanoseconds) / 1e6;
}
