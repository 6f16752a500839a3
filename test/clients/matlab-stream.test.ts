import { execFile } from 'node:child_process';
import { once } from 'node:events';
import { cp, readFile } from 'node:fs/promises';
import { type AddressInfo, createServer } from 'node:net';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { expect, onTestFinished } from 'vitest';
import { z } from 'zod';
import { createMessageReader, withLength } from '../../src/formats/length-prefix.js';
import { decodeNpy, encodeNpy } from '../../src/formats/npy.js';
import { encodeAnswer } from '../../src/formats/stream-frames.js';
import { createTfjsEngine } from '../../src/inference/tfjs/tfjs-engine.js';
import { openBackend } from '../../src/network/backends/open.js';
import { both, commonProgram, octaveStreams, testWith } from '../support/capabilities.js';
import { saveRandomEnsemble } from '../support/ensembles.js';
import { sharedFolder } from '../support/store.js';
import { startTestService } from '../support/test-service.js';

const program = octaveStreams();
const folder = sharedFolder();
const data = sharedFolder();
const file = (name: string) => fileURLToPath(new URL(`../../${name}`, import.meta.url));
/** In the order of images, rows and columns of the service, as the script has them. */
const GRAY = Uint8Array.from({ length: 40 * 2500 }, (_, i) => {
  const [image, row, column] = [Math.floor(i / 2500), Math.floor(i / 50) % 50, i % 50];
  return (3 * row + 11 * column + 50 * image) % 256;
});
const COLOURS = Uint8Array.from({ length: 2 * 50 * 50 * 3 }, (_, i) => {
  const [image, row, column, channel] = [
    ...[Math.floor(i / (50 * 50 * 3)), Math.floor(i / (50 * 3)) % 50],
    ...[Math.floor(i / 3) % 50, i % 3],
  ] as [number, number, number, number];
  const [a, b, c] = image === 0 ? [3, 11, 50] : [7, 5, 90];
  return (a! * row + b! * column + c! * channel) % 256;
});

/** The port for streams, as the service prints it when it starts. */
const portOf = (printed: string) =>
  /^listening for streams \.\.\. tcp:\S+:(\d+),/m.exec(printed)?.[1];

const numbers = z.array(z.number());
const Loop = z.object({ orientation: z.number(), tuning: z.number(), shown: numbers });
const Found = z.object({
  ...{ patience: z.number(), sequence: numbers, bits: numbers, times: numbers, floats: numbers },
  ...{ skew: z.number(), doubt: z.number(), late: numbers, error: z.number() },
  ...{ colours: numbers, streamed: numbers, errors: z.array(z.string()), after: z.number() },
  ...{ end: z.string(), shutting_down: z.boolean() },
});

testWith(both(program, commonProgram('curl')))(
  'Octave streams over TCP: the bits of the HTTP answers, the offset of the clocks, and the reasons of errors',
  async () => {
    const engine = createTfjsEngine(await openBackend('wasm'));
    const options = { architecture: 'rf_cnn', neurons: 3, members: 2, colour: true } as const;
    await saveRandomEnsemble(engine, folder, 'joined', options);
    await engine.close();
    await cp(file('models/demo'), path.join(folder, 'demo'), { recursive: true });
    const service = await startTestService({
      ...{ MODELS_DIR: folder, ENGINE: 'onnx', STREAM_PORT: '0', GRACE_SECONDS: '1' },
    });
    const port = portOf(service.stdout());
    const bitsOf = async (route: string, npy: Uint8Array) =>
      fetch(`${service.url}/v1/models/${route}`, {
        method: 'POST',
        body: Uint8Array.from(npy),
        headers: { 'Content-Type': 'application/x-npy', Accept: 'application/x-npy' },
      }).then(async (answer) => {
        const { data } = decodeNpy(new Uint8Array(await answer.arrayBuffer()));
        return [...new Uint32Array(Float32Array.from(data, Number).buffer)];
      });
    const gray = await bitsOf('demo/responses?neurons=0,3', encodeNpy(GRAY, [40, 50, 50]));
    const colours = await bitsOf(
      'joined/responses?spread=true',
      encodeNpy(COLOURS, [2, 50, 50, 3]),
    );
    const { stdout } = await promisify(execFile)(
      program.program,
      ['-q', file('clients/matlab/tests/stream.m')],
      {
        env: {
          ...process.env,
          ...{ HYPERCOLUMN_URL: service.url, HYPERCOLUMN_STREAM_PORT: port },
          HYPERCOLUMN_PID: String(service.child.pid),
        },
      },
    );
    const found = Found.parse(JSON.parse(stdout.trim().split('\n').at(-1)!));
    expect(found.patience).toBe(600_000);
    expect(found.sequence).toEqual(Array.from({ length: 41 }, (_, i) => i));
    expect(found.bits).toEqual(gray);
    expect(found.floats).toEqual(gray.slice(2, 4));
    expect([found.colours, found.streamed]).toEqual([colours, colours]);
    // Octave has its times in seconds of Unix time as 64-bit floats, which are a quarter of a microsecond apart there.
    const rounding = 1e-6;
    expect(Math.abs(found.skew - 1000)).toBeLessThan(found.doubt + rounding);
    for (const [sent, received, returned, answered] of [found.late, found.times]) {
      expect(sent! - found.error - rounding).toBeLessThan(received!);
      expect(received!).toBeLessThanOrEqual(returned!);
      expect(returned!).toBeLessThan(answered! + found.error + rounding);
    }
    const InvalidInput = 'Hypercolumn:InvalidInput';
    const Unreachable = 'Hypercolumn:ServiceUnreachable';
    expect(found.errors).toEqual([
      `${InvalidInput} Unprocessable Entity: neurons: unknown neuron: 99; expected an id, from 0 to 15`,
      expect.stringMatching(
        /^Hypercolumn:RequestRejected Precondition Failed: demo\/1 has the digest 5cba6e11/,
      ),
      expect.stringMatching(
        /^Hypercolumn:ServiceUnreachable no port for streams answers at 127.0.0.1:1: .*STREAM_PORT=1/,
      ),
      expect.stringMatching(
        /^Hypercolumn:InvalidInput unknown option: neuron; expected one of neurons, dtype, /,
      ),
      `${InvalidInput} no model is chosen; expected a twin, as service.twin(name) returns it`,
      `${InvalidInput} wrong size of an image: 40 50; expected 50 50`,
      `${InvalidInput} wrong type of an image: double; expected uint8, or a stream that is opened with 'dtype', 'float32'`,
      `${InvalidInput} no image waits for an answer; expected one that was sent`,
      `${Unreachable} the stream is closed: it was closed; open it again`,
      expect.stringMatching(
        /^Hypercolumn:FrameRejected image 1 has no responses: 422, stimuli\[1\]\[0\]\[0\] is 2:/,
      ),
      `${InvalidInput} no stream is open; expected one, as stream = twin.stream() returns it`,
      `${InvalidInput} port: '8081'; expected a number, such as 8081`,
      `${InvalidInput} patience: -1; expected seconds, above 0`,
      `${InvalidInput} clock: 5; expected a function, such as @GetSecs`,
      expect.stringMatching(
        /^Hypercolumn:ServiceUnreachable 127.0.0.1:\d+ does not answer as a port for streams: .*STREAM_PORT/,
      ),
    ]);
    expect(found.after).toBe(2);
    expect(found.end).toBe(
      'the stream is closed: 1001 the service is shutting down; open it again',
    );
    expect(found.shutting_down).toBe(true);
    expect(await service.ended).toBe(0);
  },
);

testWith(both(program, commonProgram('curl')))(
  'the closed loop of examples/matlab finds the orientation of the tuning curve in 50 trials',
  async () => {
    const settings = { MODELS_DIR: file('models'), ENGINE: 'onnx', STREAM_PORT: '0' };
    const { url, stdout } = await startTestService(settings);
    const lines = [
      `addpath('${file('examples/matlab')}');`,
      `found = closed_loop('${url}', ${portOf(stdout())});`,
      'disp(jsonencode(found));',
    ];
    const octave = await promisify(execFile)(program.program, ['-q', '--eval', lines.join('\n')]);
    const printed = octave.stdout.trim().split('\n');
    const { orientation, tuning, shown } = Loop.parse(JSON.parse(printed.at(-1)!));
    expect(shown).toHaveLength(50);
    // The orientations are 7.5 degrees apart, and one that is next to the best is as good as the noise of 50 trials.
    expect(Math.abs(orientation - tuning)).toBeLessThan(1.5 * 7.5);
    // Of 24 orientations those near the best are shown most.
    const near = shown.filter((shown) => Math.abs(shown - tuning) <= 30);
    expect(near.length).toBeGreaterThan(25);
    expect(printed[0]).toBe('trial  shown  response  best so far');
    expect(printed).toHaveLength(1 + 5 + 2 + 1);
  },
);

testWith(both(program, commonProgram('curl')))(
  'Octave opens a stream with its key, and ends it where answers are out of order',
  async () => {
    const { url } = await startTestService({ MODELS_DIR: file('models'), ENGINE: 'onnx' });
    let opening: unknown;
    const server = createServer((socket) => {
      const messages = createMessageReader();
      let sequence = -1;
      socket.on('data', (bytes) => {
        messages.push(bytes as Buffer);
        for (let next = messages.next(10_000); next; next = messages.next(10_000)) {
          if (sequence < 0) opening = JSON.parse(Buffer.from(next as Uint8Array).toString());
          const ready = Buffer.from(JSON.stringify({ type: 'ready', shape: [50, 50] }));
          socket.write(withLength(sequence < 0 ? ready : answerTo(sequence)));
          sequence++;
        }
      });
    }).listen(0, '127.0.0.1');
    onTestFinished(() => void server.close());
    await once(server, 'listening');
    const lines = [
      `addpath('${file('clients/matlab')}');`,
      `service = Hypercolumn('${url}', 'secret'); twin = service.twin('demo');`,
      `stream = twin.stream('neurons', [0 3], 'patience', 0.5, 'port', ${(server.address() as AddressInfo).port});`,
      'try\n reply = stream.send(zeros(50, "uint8"));\ncatch failure\n disp(failure.message);\nend',
    ];
    const { stdout } = await promisify(execFile)(program.program, [
      '-q',
      '--eval',
      lines.join('\n'),
    ]);
    expect(stdout.trim()).toBe(
      'the stream is closed: the answer 99 came in the place of 16; open it again',
    );

    expect(opening).toEqual({
      ...{
        model: 'demo',
        version: 1,
        dtype: 'uint8',
        shape: [50, 50],
        stamps: true,
        spread: false,
      },
      ...{
        digest: expect.stringMatching(/^5cba6e11/),
        neurons: '0,3',
        patience: 500,
        key: 'secret',
      },
    });

    /** The answers to 16 clock probes, and then one that is out of order. */
    function answerTo(sequence: number): Uint8Array {
      const times = { decode: 0, queue: 0, infer: 0 };
      const header = sequence < 16 ? { sequence, status: 204 } : { sequence: 99, status: 200 };
      return encodeAnswer(
        new Uint8Array(8),
        { ...header, flags: 0, times },
        new Float32Array(2),
        true,
      );
    }
  },
);

testWith(both(program, commonProgram('curl')))(
  'Octave runs the code of docs/matlab.md',
  async () => {
    const settings = {
      MODELS_DIR: file('models'),
      ENGINE: 'onnx',
      STREAM_PORT: '0',
      DATA_DIR: data,
    };
    const { url, stdout } = await startTestService(settings);
    const page = await readFile(file('docs/matlab.md'), 'utf8');
    const blocks = [...page.matchAll(/^( *)```matlab\n(.*?)^ *```$/gms)].map(([, indent, code]) =>
      code!.replaceAll(new RegExp(`^${indent}`, 'gm'), ''),
    );
    const isQuick = (code: string) => !/preferred_stimulus|'neurons', 99/.test(code);
    // Octave has no window here, and its folder is this one.
    const code = blocks
      .filter(isQuick)
      .join('\n')
      .replaceAll(/^(plot|imagesc).*$/gm, '')
      .replaceAll("imread('", `imread('${file('')}`)
      .replaceAll("addpath('", `addpath('${file('')}`)
      .replaceAll('http://127.0.0.1:8080', url)
      .replaceAll("'patience', 0.5", "'patience', 600")
      .replaceAll('twin.stream(', `twin.stream('port', ${portOf(stdout())}, `)
      .replaceAll('closed_loop()', `closed_loop('${url}', ${portOf(stdout())})`);
    const octave = await promisify(execFile)(program.program, ['-q', '--eval', code]);
    const said = (text: string) => text.replaceAll(/[%\s]+/g, ' ');
    const printed = said(octave.stdout);
    for (const text of [
      '15.0000 30.0000 45.0000 60.0000 75.0000 90.0000 0.1832 0.1955 0.2029 0.1908 0.2590 0.4648 0.5002',
      'neuron 3 prefers 105.0 degrees by 50 trials, and 101.1 by the fit of its tuning curve (96 images)',
      '0.2655 0.2205 0.2223 0.2126',
      '1.0000 0.2655 0.2205 2.0000 0.2223 0.2126',
      '0.069931 0.039632 0.012070 0.158664',
      '0.2535 0.2164 0.2916 0.2290',
      '0.3683 0.3168 0.4807',
      ' 2 12 3 ',
      '2.0686 -1.7768 13.3650',
      '0.2738',
      '0.9119 0.8101',
    ]) {
      expect(said(page)).toContain(text);
      expect(printed).toContain(text);
    }
  },
);
