import { gzipSync } from 'node:zlib';
import { encodeNpy } from '../../src/formats/npy.js';
import type { RandomStream } from '../../src/network/random.js';
import { type Kind, MODEL, send } from './kind.js';

const NPY = 'application/x-npy';
const PIXELS = 50 * 50;

/** Images of 50x50 and of 8 bits, of about so many bytes together. */
function images(bytes: number, random: RandomStream): Uint8Array {
  const count = Math.max(1, Math.floor(bytes / PIXELS));
  const pixels = new Uint8Array(count * PIXELS);
  for (let i = 0; i < pixels.length; i += 7) pixels[i] = random.integer(256);
  return encodeNpy(pixels, [count, 50, 50]);
}

const npy =
  (path: string, method = 'POST') =>
  (bytes: number, random: RandomStream) =>
    send(path, NPY, images(bytes, random), { method });

/** Arrays of numbers: many images, tiny images, the second index first, compressed. */
export const ARRAYS: readonly Kind[] = [
  { name: '.npy, 50x50, for responses', prepare: npy(`${MODEL}/responses`) },
  { name: '.npy, 50x50, for peak tuning', prepare: npy(`${MODEL}/tuning/peak`) },
  { name: '.npy, 50x50, to be stored', prepare: npy('/v1/stimulus-sets', 'PUT') },
  { name: '.npy, 50x50, to be presented as PNG', prepare: npy(`${MODEL}/stimuli`) },
  {
    name: '.npy, images of one pixel, to be resized',
    prepare(bytes) {
      const count = Math.min(bytes, 9999);
      const body = encodeNpy(new Uint8Array(count), [count, 1, 1]);
      return send(`${MODEL}/responses?fit=resize`, NPY, body);
    },
  },
  {
    name: '.npy, one image, to be resized',
    prepare(bytes) {
      const side = Math.max(50, Math.floor(Math.sqrt(bytes)));
      const body = encodeNpy(new Uint8Array(side * side), [side, side]);
      return send(`${MODEL}/responses?fit=resize`, NPY, body);
    },
  },
  {
    name: '.npy in the order of Fortran',
    prepare(bytes, random) {
      const text = Buffer.from(images(bytes, random)).toString('latin1');
      const body = Buffer.from(text.replace("order': False", "order': True "), 'latin1');
      return send(`${MODEL}/responses`, NPY, body);
    },
  },
  {
    name: 'raw pixels',
    prepare(bytes) {
      const body = new Uint8Array(Math.max(1, Math.floor(bytes / PIXELS)) * PIXELS);
      return send(`${MODEL}/responses?dtype=uint8`, 'application/octet-stream', body);
    },
  },
  {
    name: 'V2, gzip of up to 1000 times its size',
    prepare(bytes) {
      const body = gzipSync(Buffer.alloc(Math.min(bytes * 100, 800_000_000)), { level: 1 });
      return send('/v2/models/demo/infer', 'application/json', body, {
        headers: { 'Content-Encoding': 'gzip' },
      });
    },
  },
];
