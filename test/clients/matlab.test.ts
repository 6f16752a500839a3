import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { expect } from 'vitest';
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
  error: z.tuple([z.string(), z.string()]),
  size: z.array(z.number()),
});

/** The images of the script, in the order of the service: other along rows than along columns. */
const IMAGES = Uint8Array.from({ length: 2 * SIDE * SIDE }, (_, i) => {
  const [image, row, column] = [Math.floor(i / SIDE ** 2), Math.floor(i / SIDE) % SIDE, i % SIDE];
  return (3 * row + 11 * column + 50 * image) % 256;
});

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
    const bits = [...new Uint32Array(Float32Array.from(responses, Number).buffer)];
    await kill();
    expect(found.models).toEqual(['demo']);
    expect(found.bits).toEqual(bits);
    expect(found.values).toEqual([0, 15, 30, 45, 60, 75, 90, 105, 120, 135, 150, 165]);
    expect(found.curves).toHaveLength(12);
    expect(found.error).toEqual([
      'Hypercolumn:InvalidInput',
      'Unprocessable Entity: neurons: unknown neuron: 99; expected an id, from 0 to 15',
    ]);
    expect(found.size).toEqual([SIDE, SIDE, 2, 2]);
    expect(lines.at(-2)).toMatch(/^preferred-stimulus: succeeded, (\d+) of \1 steps$/);
  },
);
