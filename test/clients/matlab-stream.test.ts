import { execFile } from 'node:child_process';
import { cp } from 'node:fs/promises';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { expect } from 'vitest';
import { z } from 'zod';
import { decodeNpy, encodeNpy } from '../../src/formats/npy.js';
import { createTfjsEngine } from '../../src/inference/tfjs/tfjs-engine.js';
import { openBackend } from '../../src/network/backends/open.js';
import { both, commonProgram, octaveStreams, testWith } from '../support/capabilities.js';
import { saveRandomEnsemble } from '../support/ensembles.js';
import { sharedFolder } from '../support/store.js';
import { startTestService } from '../support/test-service.js';

const program = octaveStreams();
const folder = sharedFolder();
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
      `${InvalidInput} wrong type of an image: double; expected uint8, as the stream was opened`,
      `${InvalidInput} no image waits for an answer; expected one that was sent`,
      `${Unreachable} the stream is closed: it was closed; open it again`,
      expect.stringMatching(/^Hypercolumn:FrameRejected image 1 has no responses: 422, .*2/),
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
