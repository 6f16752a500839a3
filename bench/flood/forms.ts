import { encodeNpy } from '../../src/formats/npy.js';
import { encodePng } from '../../src/stimulus/encode-png.js';
import { type Kind, MODEL, repeated, send } from './kind.js';

const BOUNDARY = 'a-boundary';
const TYPE = `multipart/form-data; boundary=${BOUNDARY}`;
const END = `--${BOUNDARY}--\r\n`;

const part = (headers: string, content: string) =>
  `--${BOUNDARY}\r\nContent-Disposition: form-data; ${headers}\r\n\r\n${content}\r\n`;
const file = (content: Uint8Array) =>
  part('name="stimuli"; filename="a"', Buffer.from(content).toString('latin1'));
const form = (body: Uint8Array) => send(`${MODEL}/responses`, TYPE, body);

/** Forms: many parts, long headers, many files. */
export const FORMS: readonly Kind[] = [
  { name: 'form of empty parts', prepare: (n) => form(repeated('', part('name="a"', ''), END, n)) },
  {
    name: 'form of empty files',
    prepare: (n) => form(repeated('', part('name="a"; filename="a"', ''), END, n)),
  },
  {
    name: 'form with one long header',
    prepare: (n) => form(repeated(`--${BOUNDARY}\r\nX: `, 'y', `\r\n\r\n\r\n${END}`, n)),
  },
  {
    name: 'form with many headers in a part',
    prepare: (n) => form(repeated(`--${BOUNDARY}\r\n`, 'X: y\r\n', `\r\n\r\n${END}`, n)),
  },
  {
    name: 'form of what is nearly its boundary',
    prepare: (n) =>
      form(
        repeated(
          `--${BOUNDARY}\r\nContent-Disposition: form-data; name="a"; filename="a"\r\n\r\n`,
          `\r\n--${BOUNDARY.slice(0, -1)}`,
          `\r\n${END}`,
          n,
        ),
      ),
  },
  {
    name: 'form of .npy files, 50x50',
    prepare: (n) => form(repeated('', file(encodeNpy(new Uint8Array(2500), [50, 50])), END, n)),
  },
  {
    name: 'form of PNGs, 50x50',
    async prepare(n) {
      const pixels = new Float32Array(2500);
      const image = { height: 50, width: 50, channels: 1 as const, pixels };
      return form(repeated('', file(await encodePng(image)), END, n));
    },
  },
];
