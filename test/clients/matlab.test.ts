import { execFile } from 'node:child_process';
import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { expect, onTestFinished } from 'vitest';
import { z } from 'zod';
import { decodeNpy, encodeNpy } from '../../src/formats/npy.js';
import { both, commonProgram, octave, testWith } from '../support/capabilities.js';
import { startService } from '../support/service.js';
import { sharedFolder } from '../support/store.js';

const SIDE = 50;
const program = octave();
const folder = sharedFolder();
const path = (name: string) => fileURLToPath(new URL(`../../${name}`, import.meta.url));

const Found = z.object({
  models: z.array(z.string()),
  bits: z.array(z.number()),
  values: z.array(z.number()),
  curves: z.array(z.number()),
  ...{ second: z.array(z.number()), sweep: z.array(z.number()) },
  ...{ places: z.array(z.array(z.number())), maps: z.array(z.number()) },
  larger: z.array(z.number()),
  errors: z.array(z.string()),
  size: z.array(z.number()),
  pixel: z.number(),
});

const Curve = z.array(z.number());
const Tuning = z.object({ neurons: z.array(z.object({ curve: Curve })) });
const Sweep = z.object({ neurons: z.array(z.object({ curve: z.array(Curve) })) });
const Field = z.object({ neurons: z.array(z.object({ map: z.array(Curve) })) });
const Jobs = z.object({ jobs: z.array(z.object({ id: z.string() })) });

/** The images of the script, in the order of the service: other along rows than along columns. */
const IMAGES = Uint8Array.from({ length: 2 * SIDE * SIDE }, (_, i) => {
  const [image, row, column] = [Math.floor(i / SIDE ** 2), Math.floor(i / SIDE) % SIDE, i % SIDE];
  return (3 * row + 11 * column + 50 * image) % 256;
});

/** The same, each pixel four times. */
const LARGER = Uint8Array.from({ length: 8 * SIDE * SIDE }, (_, i) => {
  const [row, column] = [Math.floor(i / (2 * SIDE)), i % (2 * SIDE)];
  return IMAGES[Math.floor(row / 2) * SIDE + Math.floor(column / 2)]!;
});

/** @returns the port of a server, which is closed after the test */
async function listen(server: Server): Promise<number> {
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(() => void server.close());
  return (server.address() as AddressInfo).port;
}

const bitsOf = (values: ArrayLike<number | bigint>) => [
  ...new Uint32Array(Float32Array.from(Array.from(values, Number)).buffer),
];

testWith(both(program, commonProgram('curl')))(
  'Octave gets the numbers that the service answers, its errors, and the progress of jobs',
  async () => {
    const MODELS_DIR = path('models');
    const environment = { MODELS_DIR, ENGINE: 'onnx', GRACE_SECONDS: '0', DATA_DIR: folder };
    const { url, kill } = await startService(environment);
    const script = path('clients/matlab/tests/ask.m');
    const { stdout } = await promisify(execFile)(program.program, ['-q', script], {
      env: { ...process.env, HYPERCOLUMN_URL: url },
    });
    const lines = stdout.trim().split('\n');
    const found = Found.parse(JSON.parse(lines.at(-1)!));
    const post = async (route: string, body: string | Uint8Array<ArrayBuffer>, type: string) =>
      fetch(`${url}/v1/models/demo/${route}`, {
        method: 'POST',
        body,
        headers: { 'Content-Type': type, Accept: 'application/x-npy' },
      }).then(async (answer) => decodeNpy(new Uint8Array(await answer.arrayBuffer())).data);
    const npy = Uint8Array.from(encodeNpy(IMAGES, [2, SIDE, SIDE]));
    const responses = await post('responses?neurons=0,3', npy, 'application/x-npy');
    const larger = await post(
      'responses?neurons=0&fit=resize',
      Uint8Array.from(encodeNpy(LARGER, [2, 2 * SIDE, 2 * SIDE])),
      'application/x-npy',
    );
    const measure = async (route: string, request: object): Promise<unknown> =>
      fetch(`${url}/v1/models/demo/${route}`, {
        method: 'POST',
        body: JSON.stringify(request),
        headers: { 'Content-Type': 'application/json' },
      }).then(async (answer) => answer.json());
    const parameter = 'orientation';
    const tuning = Tuning.parse(await measure('tuning/parametric', { parameter, neurons: [3] }));
    const second = { second: 'spatialFrequency', secondValues: [0.05, 0.1] };
    const sweep = Sweep.parse(
      await measure('tuning/parametric', {
        ...{ parameter, values: [0, 45, 90], neurons: [3, 5] },
        ...second,
      }),
    );
    const field = Field.parse(
      await measure('receptive-field', { x: [-5, 0, 5], y: [4, -4], neurons: [0, 3] }),
    );
    const { jobs } = Jobs.parse(await (await fetch(`${url}/v1/jobs`)).json());
    const images = await fetch(
      `${url}/v1/jobs/${jobs[0]!.id}/result?part=preferred-stimuli.npy`,
    ).then(async (answer) => decodeNpy(new Uint8Array(await answer.arrayBuffer())).data);
    await kill();
    expect(found.models).toEqual(['demo']);
    expect(found.bits).toEqual(bitsOf(responses));
    expect(found.values).toEqual([0, 15, 30, 45, 60, 75, 90, 105, 120, 135, 150, 165]);
    expect(found.curves).toHaveLength(12);
    // Octave writes 15 digits.
    for (const [i, response] of tuning.neurons[0]!.curve.entries())
      expect(found.curves[i]).toBeCloseTo(response, 12);
    expect(found.second).toEqual([0.05, 0.1]);
    expect(found.sweep).toHaveLength(2 * 3 * 2);
    for (const [i, response] of sweep.neurons.flatMap(({ curve }) => curve.flat()).entries())
      expect(found.sweep[i]).toBeCloseTo(response, 12);
    expect(found.places).toEqual([
      [-5, 0, 5],
      [4, -4],
    ]);
    expect(found.maps).toHaveLength(2 * 2 * 3);
    for (const [i, response] of field.neurons.flatMap(({ map }) => map.flat()).entries())
      expect(found.maps[i]).toBeCloseTo(response, 12);
    expect(found.larger).toEqual(bitsOf(larger));
    const wrong = 'Hypercolumn:InvalidInput';
    expect(found.errors).toEqual([
      `${wrong} Unprocessable Entity: neurons: unknown neuron: 99; expected an id, from 0 to 15`,
      `${wrong} unknown option: neuron; expected one of neurons, fit`,
      `${wrong} an option without a value: neurons; expected names and values, in pairs`,
      `${wrong} neurons: cell; expected ids, such as [0 3], or a text such as '0,5,7-12'`,
      `${wrong} wrong size of images: 50 50 3 2; expected (H, W, N), as the model is gray`,
      `${wrong} wrong type of images: logical; expected uint8 (0..255), or single or double (0..1)`,
      `${wrong} wrong type of images: complex double; expected uint8 (0..255), or single or double (0..1)`,
      `${wrong} Unprocessable Entity: stimulus 0 is 40 high x 50 wide; the model takes 50x50; add 'fit', 'resize'`,
      `${wrong} Unprocessable Entity: neurons: is "zero"; expected ids and ranges of ids, such as 0,5,7-12`,
      `${wrong} no model is chosen; expected a twin, as service.twin(name) returns it`,
      "Hypercolumn:NotFound Not Found: unknown model: 'de mo'; expected one of demo",
      `${wrong} the name of a model: 3; expected a text`,
      "Hypercolumn:NotFound Not Found: unknown job: 'a/b'; expected one that GET /v1/jobs lists",
      `${wrong} wrong address: 127.0.0.1:8080; expected one such as http://127.0.0.1:8080`,
      `${wrong} the name of an option: 1; expected a text`,
    ]);
    expect(found.size).toEqual([SIDE, SIDE, 2, 2]);
    // row 10 and column 30 of the second image of the first neuron
    expect(found.pixel).toBeCloseTo(images[SIDE ** 2 + 10 * SIDE + 30]!, 12);
    expect(lines.at(-2)).toMatch(/^preferred-stimulus: succeeded, (\d+) of \1 steps$/);
  },
);

testWith(both(program, commonProgram('curl')))(
  'Octave waits for a job while its service is away, and a job that is not there ends the waiting',
  async () => {
    /** More than a request is sent again: the last of them comes from a proxy. */
    const away = [503, 503, 503, 503, 503, 502];
    const server = createServer((request, answer) => {
      request.resume();
      const missing = request.url?.endsWith('/b') ? 404 : 200;
      answer.writeHead(away.shift() ?? missing, { 'Retry-After': '0' });
      const progress = { done: 2, total: 2 };
      const record = { id: 'a', kind: 'characterize', state: 'succeeded', progress, reason: null };
      answer.end(JSON.stringify({ ...record, title: 'Away', detail: 'later' }));
    });
    const port = await listen(server);
    const lines = [
      `addpath('${path('clients/matlab')}');`,
      `service = Hypercolumn('http://127.0.0.1:${port}');`,
      "service.wait('a');",
      "try\n service.wait('b');\ncatch failure\n disp(failure.identifier);\nend",
    ];
    const code = lines.join('\n');
    const { stdout } = await promisify(execFile)(program.program, ['-q', '--eval', code]);
    expect(away).toEqual([]);
    expect(stdout).toBe('characterize: succeeded, 2 of 2 steps\nHypercolumn:NotFound\n');
  },
);

testWith(both(program, commonProgram('curl')))(
  'Octave asks again where the service is busy, with the same key, and says where none answers',
  async () => {
    const seen: IncomingMessage[] = [];
    const server = createServer((request, answer) => {
      seen.push(request);
      request.resume();
      const posts = seen.filter(({ method }) => method === 'POST').length;
      const isBusy = request.method === 'DELETE' || (request.method === 'POST' && posts < 3);
      answer.writeHead(isBusy ? 503 : 200, { 'Retry-After': '0' });
      answer.end(
        JSON.stringify(isBusy ? { title: 'Busy', detail: 'later' } : { id: 'a', version: 3 }),
      );
    });
    const port = await listen(server);
    const lines = [
      `addpath('${path('clients/matlab')}');`,
      `service = Hypercolumn('http://127.0.0.1:${port}', 'secret');`,
      "twin = service.twin('demo');",
      "job = twin.start('characterize', struct());",
      "try\n service.cancel('a');\ncatch failure\n disp(failure.identifier);\nend",
      "away = Hypercolumn('http://127.0.0.1:1');",
      'away.retries = 0;',
      'try\n away.models();\ncatch failure\n disp(failure.message);\nend',
    ];
    const { stdout } = await promisify(execFile)(program.program, [
      '-q',
      '--eval',
      lines.join('\n'),
    ]);
    expect(seen.map(({ method }) => method)).toEqual(['GET', 'POST', 'POST', 'POST', 'DELETE']);
    expect(seen.slice(0, 2).map(({ url }) => url)).toEqual([
      '/v1/models/demo',
      '/v1/models/demo/versions/3/characterize',
    ]);
    const keys = seen.slice(1, 4).map(({ headers }) => headers['idempotency-key']);
    expect(new Set(keys).size).toBe(1);
    expect(seen.map(({ headers }) => headers.authorization)).toEqual(
      Array(5).fill('Bearer secret'),
    );
    expect(stdout).toMatch(/^Hypercolumn:Busy$/m);
    expect(stdout).toMatch(
      /^no service answers at http:\/\/127\.0\.0\.1:1: .*npx hypercolumn serve/m,
    );
  },
);
