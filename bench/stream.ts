// How much a stream adds to the engine's own time: `npm run bench:stream`. One image at a time, over a
// stream and over HTTP on a connection that is kept, in turns in one run, so that a noisy machine is
// noisy for both. The service runs beside this, on models/demo.
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { Agent, request } from 'node:http';
import { createInterface } from 'node:readline';
import { buffer } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import { Command } from 'commander';
import { WebSocket } from 'ws';
import { HEADER, STAMP } from '../src/http/stream/layout.js';
import { randomStream } from '../src/network/random.js';
import { wholeNumber } from '../training/options.js';
import { runCommand } from '../training/run-command.js';

/** Of the stimuli of models/demo. */
const PIXELS = 50 * 50;

interface Options {
  readonly images: number;
  readonly rounds: number;
  readonly neurons: string;
}

/** Milliseconds that one image took. */
interface Taken {
  readonly trip: number;
  readonly infer: number;
}

interface Client {
  readonly name: string;
  ask(): Promise<Taken>;
  close(): void;
}

await runCommand(
  new Command('bench:stream')
    .description('times one image at a time, over a stream and over HTTP')
    .option('--images <count>', 'in a turn', wholeNumber(1, 1_000_000), 500)
    .option('--rounds <count>', 'of turns', wholeNumber(1, 10_000), 4)
    .option('--neurons <list>', 'asked for, such as 0-3', '0-15')
    .action(bench),
);

async function bench({ images, rounds, neurons }: Options): Promise<void> {
  const { service, url } = await startService();
  try {
    const clients = [
      await openStream(url, 'uint8', neurons),
      await openStream(url, 'float32', neurons),
      keepAlive(url, neurons),
    ];
    const times = clients.map((client) => ({ client, taken: [] as Taken[] }));
    for (let round = -1; round < rounds; round++) {
      for (const { client, taken } of times) {
        for (let i = 0; i < images; i++) {
          const one = await client.ask();
          // the first round warms up
          if (round >= 0) taken.push(one);
        }
      }
    }
    console.log(`${rounds * images} images each, neurons ${neurons}; milliseconds: p50 (p99)`);
    for (const { client, taken } of times) report(client.name, taken);
    for (const { client } of times) client.close();
  } finally {
    service.kill('SIGKILL');
  }
}

async function startService(): Promise<{ service: ChildProcess; url: string }> {
  const main = fileURLToPath(new URL('../src/main.js', import.meta.url));
  const service = spawn(process.execPath, [main], {
    env: { ...process.env, PORT: '0', LOG_LEVEL: 'error' },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  for await (const line of createInterface({ input: service.stdout })) {
    const url = /ready at (\S+)/.exec(line)?.[1];
    if (url !== undefined) return { service, url };
  }
  throw new Error('the service did not start');
}

async function openStream(url: string, dtype: 'uint8' | 'float32', neurons: string) {
  const socket = new WebSocket(
    `${url.replace('http', 'ws')}/v1/models/demo/stream?dtype=${dtype}&neurons=${neurons}`,
    { perMessageDeflate: false },
  );
  await once(socket, 'message');
  const image = drawImage();
  const pixels =
    dtype === 'uint8' ? image : new Uint8Array(Float32Array.from(image, (v) => v / 255).buffer);
  const frame = new Uint8Array(STAMP + pixels.length);
  frame.set(pixels, STAMP);
  const client: Client = {
    name: `stream, ${dtype}`,
    async ask() {
      const begun = performance.now();
      socket.send(frame);
      const answer = await new Promise<Buffer>((resolve) => socket.once('message', resolve));
      const trip = performance.now() - begun;
      if (answer.readUInt16LE(4) !== 200) throw new Error(answer.toString('utf8', HEADER));
      return { trip, infer: answer.readFloatLE(24) };
    },
    close: () => socket.close(),
  };
  return client;
}

function keepAlive(url: string, neurons: string): Client {
  const agent = new Agent({ keepAlive: true, maxSockets: 1 });
  const image = drawImage();
  const target = `${url}/v1/models/demo/responses?dtype=uint8&neurons=${neurons}`;
  const type = 'application/octet-stream';
  const headers = { 'Content-Type': type, Accept: type, 'Content-Length': image.length };
  return {
    name: 'HTTP, kept alive',
    async ask() {
      const begun = performance.now();
      const asked = request(target, { agent, method: 'POST', headers }).end(image);
      const [answer] = await once(asked, 'response');
      const body = await buffer(answer);
      const trip = performance.now() - begun;
      if (answer.statusCode !== 200) throw new Error(body.toString());
      return {
        trip,
        infer: Number(/infer;dur=([\d.]+)/.exec(answer.headers['server-timing'])?.[1]),
      };
    },
    close: () => agent.destroy(),
  };
}

function drawImage(): Uint8Array {
  const random = randomStream(1, 'image');
  return Uint8Array.from({ length: PIXELS }, () => 256 * random.uniform());
}

function report(name: string, taken: readonly Taken[]): void {
  const columns = {
    'round trip': taken.map(({ trip }) => trip),
    engine: taken.map(({ infer }) => infer),
    'above it': taken.map(({ trip, infer }) => trip - infer),
  };
  const text = Object.entries(columns).map(
    ([title, values]) => `${title} ${quantile(values, 0.5)} (${quantile(values, 0.99)})`,
  );
  console.log(`  ${name.padEnd(18)}${text.join('   ')}`);
}

function quantile(values: readonly number[], share: number): string {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.floor(share * (sorted.length - 1))]!.toFixed(3);
}
