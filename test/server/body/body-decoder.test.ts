import { createHash } from 'node:crypto';
import sharp from 'sharp';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { encodeNpy } from '../../../src/formats/npy.js';
import {
  type BodyClient,
  type BodyDecoder,
  createBodyDecoder,
  type DecodingThreads,
} from '../../../src/server/body/body-decoder.js';
import { type BodyThread, createBodyThread } from '../../../src/server/body/body-thread.js';
import type { StimulusRequest } from '../../../src/stimulus/decode/decode.js';
import type { Stimuli } from '../../../src/stimulus/stimuli.js';

const ENTRY = new URL('../../../dist/src/server/body/body-worker.js', import.meta.url);
const SIDE = 50;
/** Bytes that must be free before the thread for large bodies begins. */
const BULK_ROOM = 2 ** 26;

let threads: DecodingThreads;
let withThreads: BodyDecoder;
const here = createBodyDecoder({ memory: { enter: async () => () => undefined } });
/** Bytes of memory that were reserved. */
let taken: number[];
/** The bodies that each thread got. */
let used: string[];
let client: BodyClient;
/** Calls of `client.hold`. */
let held = 0;
beforeAll(() => {
  threads = { quick: watched('quick'), bulk: watched('bulk') };
  withThreads = createBodyDecoder({
    threads,
    memory: {
      async enter(bytes) {
        taken.push(bytes);
        return () => undefined;
      },
    },
  });
});
beforeEach(() => {
  taken = [];
  used = [];
  held = 0;
  client = { signal: new AbortController().signal, hold: () => held++ };
});
afterAll(() => Promise.all([threads.quick.close(), threads.bulk.close()]));

function watched(name: string): BodyThread {
  const thread = createBodyThread({ entry: ENTRY, isKept: name === 'quick' });
  return {
    ...thread,
    run(task, options) {
      used.push(name);
      return thread.run(task, options);
    },
  };
}

function request(contentType: string, body: Uint8Array | string): StimulusRequest {
  return {
    contentType,
    body: typeof body === 'string' ? Buffer.from(body) : body,
    target: { height: SIDE, width: SIDE, channels: 1 as const, background: 0.5 },
    limits: { maxStimuli: 10_000, maxPixels: 16_000_000 },
    fit: 'resize',
  };
}

/** Pixels that differ, 0..1. */
const pixels = (count: number) => Float32Array.from({ length: count }, (_, i) => (i % 997) / 997);
const npy = (count: number) => encodeNpy(pixels(count * SIDE ** 2), [count, SIDE, SIDE]);

function photo(side: number): Promise<Buffer> {
  const samples = Uint8Array.from({ length: side ** 2 * 3 }, (_, i) => (i * 7919) % 251);
  return sharp(samples, { raw: { width: side, height: side, channels: 3 } })
    .png({ compressionLevel: 9 })
    .toBuffer();
}

function rows(count: number): string {
  const image = Array.from({ length: SIDE }, () => [...pixels(SIDE)]);
  return JSON.stringify({ stimuli: Array.from({ length: count }, () => image), neurons: '0-3' });
}

test.each([
  ['a small array', 'application/x-npy', async () => npy(2), []],
  ['a photograph', 'image/png', () => photo(300), ['quick']],
  ['a larger array', 'application/x-npy', async () => npy(20), ['quick']],
  ['JSON of many pixels', 'application/json', async () => rows(60), ['bulk']],
  ['many stimuli by parameters', 'application/json', async () => noise(60), ['quick']],
  [
    'very many stimuli by parameters',
    'application/json',
    async () => noise(2000),
    ['quick', 'bulk'],
  ],
  ['a large photograph', 'image/png', () => photo(2200), ['quick', 'bulk']],
])('%s is decoded as it would be without threads', async (_, type, bodyOf, where) => {
  const sent = request(type, await bodyOf());
  const decoded = await withThreads.stimuli(sent, client);
  const expected = await here.stimuli(sent, client);
  expect({ ...decoded, stimuli: bytesOf(decoded.stimuli) }).toEqual({
    ...expected,
    stimuli: bytesOf(expected.stimuli),
  });
  expect(used).toEqual(where);
  const bulk = where.includes('bulk') ? [BULK_ROOM] : [];
  const kept = where.length === 0 ? [] : [decoded.stimuli.pixels.byteLength];
  expect(taken).toEqual([...bulk, ...kept]);
  expect(held).toBe(kept.length);
});

/** The pixels as one string, which is compared faster than millions of numbers. */
function bytesOf({ pixels: values, ...size }: Stimuli) {
  return {
    ...size,
    channels: 1 as const,
    pixels: createHash('sha256').update(values).digest('hex'),
  };
}

function noise(frames: number): string {
  return JSON.stringify({ stimuli: [{ sparseNoise: { frames, seed: 1 } }] });
}

test('real responses are decoded with the stimuli and must match them and the model', async () => {
  const form = new FormData();
  form.append('stimuli', new File([Uint8Array.from(npy(20))], 'a.npy'));
  const real = encodeNpy(pixels(60), [20, 3]);
  form.append('responses', new File([Uint8Array.from(real)], 'b.npy'));
  const encoded = new Response(form);
  const type = encoded.headers.get('Content-Type')!;
  const sent = request(type, new Uint8Array(await encoded.arrayBuffer()));
  const set = await withThreads.set(sent, 3, client);
  expect(set).toEqual(await here.set(sent, 3, client));
  expect(set.real?.values).toEqual(Float64Array.from(pixels(60)));
  await expect(withThreads.set(sent, 4, client)).rejects.toThrow('= (20, 4), has (20, 3)');
  expect(used).toEqual(['quick', 'quick']);
});

test('a large body may name a stored set, which is read in the main thread', async () => {
  const digest = 'a'.repeat(64);
  const stored = {
    count: 2,
    height: SIDE,
    width: SIDE,
    channels: 1 as const,
    pixels: pixels(2 * SIDE ** 2),
  };
  const stimuli = Array.from({ length: 9000 }, (_, i) => i % 2);
  const body = JSON.stringify({ stimulusSet: digest, stimuli }).padEnd(2 ** 17);
  const readStoredSet = async () => stored;
  const decoded = await withThreads.stimuli(request('application/json', body), {
    ...client,
    readStoredSet,
  });
  expect(decoded.stimuli.count).toBe(9000);
  expect(used).toEqual(['quick']);
  expect(taken.at(-1)).toBe(decoded.stimuli.pixels.byteLength);
});

test('memory for a stored set and for real responses is reserved together', async () => {
  const stored = {
    count: 2,
    height: SIDE,
    width: SIDE,
    channels: 1 as const,
    pixels: pixels(2 * SIDE ** 2),
  };
  const form = new FormData();
  form.append('stimulusSet', 'a'.repeat(64));
  const real = encodeNpy(pixels(2 * 10_000), [2, 10_000]);
  form.append('responses', new File([Uint8Array.from(real)], 'b.npy'));
  const encoded = new Response(form);
  const type = encoded.headers.get('Content-Type')!;
  const sent = request(type, new Uint8Array(await encoded.arrayBuffer()));
  const set = await withThreads.set(sent, 10_000, { ...client, readStoredSet: async () => stored });
  expect(used).toEqual(['quick']);
  expect(taken).toEqual([set.stimuli.pixels.byteLength + 2 * 10_000 * 8]);
});

test('a large inference request is decoded in a thread', async () => {
  const limits = { maxStimuli: 100, maxPixels: 10_000 };
  const shape = [20, SIDE, SIDE];
  const data = Array.from(pixels(20 * SIDE ** 2));
  const inputs = [{ name: 'stimulus', datatype: 'FP32', shape, data }];
  const body = Buffer.from(JSON.stringify({ inputs }));
  const image = { height: SIDE, width: SIDE, channels: 1 as const };
  const outputs = ['responses'] as const;
  const task = { body, headerLength: undefined, image, neurons: 3, outputs, limits };
  const read = await withThreads.inference(task, client);
  expect(read).toEqual(await here.inference(task, client));
  expect(used).toEqual(['quick']);
});

test('a large body is rejected with the same message as a small one', async () => {
  const wrong = rows(60).replace('0.001', '1.001');
  const sent = request('application/json', wrong);
  const errors = await Promise.all(
    [withThreads, here].map((decoder) =>
      decoder.stimuli(sent, client).catch((error: unknown) => error),
    ),
  );
  expect(errors[0]).toEqual(errors[1]);
  expect(errors[0]).toMatchObject({ problems: [{ path: expect.stringMatching(/^stimuli\[0\]/) }] });
});

test('a body whose client has disconnected is not decoded', async () => {
  const signal = AbortSignal.abort(new Error('it left'));
  const sent = request('application/x-npy', npy(20));
  await expect(withThreads.stimuli(sent, { ...client, signal })).rejects.toThrow('it left');
  expect(taken).toEqual([]);
});
