// How much a stream adds to the engine's own time: `npm run bench:stream`. One image at a time, over a
// stream and over HTTP on a connection that is kept, in turns in one run, so that a noisy machine is
// noisy for both. The service runs beside this, on models/demo.
import { once } from 'node:events';
import { Command } from 'commander';
import { WebSocket } from 'ws';
import { HEADER, STAMP } from '../src/formats/stream-frames.js';
import { randomStream } from '../src/network/random.js';
import { wholeNumber } from '../training/options.js';
import { runCommand } from '../training/run-command.js';
import { quantile } from './figures.js';
import { openHttpClient, type Taken } from './http-client.js';
import { startService } from './running-service.js';

/** Of the stimuli of models/demo. */
const PIXELS = 50 * 50;

interface Options {
  readonly images: number;
  readonly rounds: number;
  readonly neurons: string;
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
  const service = await startService({});
  try {
    const clients = [
      await openStream(service.url, 'uint8', neurons),
      await openStream(service.url, 'float32', neurons),
      keepAlive(service.url, neurons),
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
    await service.stop();
  }
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
  const client = openHttpClient();
  const type = 'application/octet-stream';
  const question = {
    url: `${url}/v1/models/demo/responses?dtype=uint8&neurons=${neurons}`,
    body: drawImage(),
    headers: { 'Content-Type': type, Accept: type },
  };
  return { name: 'HTTP, kept alive', ask: () => client.ask(question), close: client.close };
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
    ([title, values]) =>
      `${title} ${quantile(values, 0.5).toFixed(3)} (${quantile(values, 0.99).toFixed(3)})`,
  );
  console.log(`  ${name.padEnd(18)}${text.join('   ')}`);
}
