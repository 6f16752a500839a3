import { constants, crc32, deflateRawSync } from 'node:zlib';
import sharp from 'sharp';
import { type Kind, MODEL, send } from './kind.js';

const SIGNATURE = Buffer.from('\x89PNG\r\n\x1a\n', 'latin1');
/** Bytes that one block of the bombs inflates to; it is about a thousandth of that itself. */
const BLOCK = 2 ** 20;

const image = (type: string, body: Uint8Array) =>
  send(`${MODEL}/responses?fit=resize`, `image/${type}`, body);

/** Images: decompression bombs, and large images that compress well. */
export const IMAGES: readonly Kind[] = [
  { name: 'PNG, 50x50, whose pixels never end', prepare: (n) => image('png', bomb('IDAT', '', n)) },
  {
    name: 'PNG, 50x50, whose text never ends',
    prepare: (n) => image('png', bomb('zTXt', 'Comment\0\0', n)),
  },
  {
    name: 'PNG, 50x50, whose profile never ends',
    prepare: (n) => image('png', bomb('iCCP', 'icc\0\0', n)),
  },
  { name: 'PNG, 50x50, of empty chunks', prepare: (n) => image('png', emptyChunks(n)) },
  ...(['png', 'jpeg', 'webp', 'tiff'] as const).map((type) => ({
    name: `${type.toUpperCase()}, 4000x4000, of one colour`,
    prepare: async () => image(type, await flat(type)),
  })),
  {
    name: 'TIFF whose pages never end',
    prepare: async (n) => image('tiff', endless(n)),
  },
  {
    name: 'JPEG of comments',
    async prepare(bytes) {
      const comment = Buffer.concat([Buffer.from([0xff, 0xfe, 0, 4]), Buffer.alloc(2)]);
      const jpeg = await sharp(Buffer.alloc(2500), { raw: { height: 50, width: 50, channels: 1 } })
        .jpeg()
        .toBuffer();
      const comments = Buffer.alloc(6 * Math.ceil(bytes / 6), comment);
      return image('jpeg', Buffer.concat([jpeg.subarray(0, 2), comments, jpeg.subarray(2)]));
    },
  },
];

/** A PNG with a chunk that inflates to about a thousand times its size. */
function bomb(name: string, head: string, bytes: number): Buffer {
  const block = deflateRawSync(Buffer.alloc(BLOCK), { finishFlush: constants.Z_FULL_FLUSH });
  const blocks = Array.from({ length: Math.ceil(bytes / block.length) }, () => block);
  const content = [Buffer.from(head, 'latin1'), Buffer.from([0x78, 0x9c]), ...blocks];
  const pixels = name === 'IDAT' ? [] : [chunk('IDAT', emptyPixels())];
  return png([chunk(name, Buffer.concat(content)), ...pixels]);
}

function emptyChunks(bytes: number): Buffer {
  const empty = chunk('IDAT', Buffer.alloc(0));
  return png([Buffer.alloc(Math.ceil(bytes / empty.length) * empty.length, empty)]);
}

/** The pixels of a gray PNG of 50x50. */
function emptyPixels(): Buffer {
  return Buffer.concat([Buffer.from([0x78, 0x9c]), deflateRawSync(Buffer.alloc(50 * 51))]);
}

function png(chunks: readonly Buffer[]): Buffer {
  const header = chunk('IHDR', Buffer.from([0, 0, 0, 50, 0, 0, 0, 50, 8, 0, 0, 0, 0]));
  return Buffer.concat([SIGNATURE, header, ...chunks, chunk('IEND', Buffer.alloc(0))]);
}

function chunk(name: string, content: Uint8Array): Buffer {
  const named = Buffer.concat([Buffer.from(name), content]);
  const framed = Buffer.alloc(named.length + 8);
  framed.writeUInt32BE(content.length);
  named.copy(framed, 4);
  framed.writeUInt32BE(crc32(named), named.length + 4);
  return framed;
}

function flat(type: 'png' | 'jpeg' | 'webp' | 'tiff'): Promise<Buffer> {
  const colour = { r: 200, g: 100, b: 50, alpha: 0.5 };
  const image = sharp({ create: { width: 4000, height: 4000, channels: 4, background: colour } });
  if (type === 'png') return image.toColourspace('rgb16').png().toBuffer();
  return image.toFormat(type, type === 'tiff' ? { compression: 'deflate' } : {}).toBuffer();
}

/** A TIFF of directories with one entry each, every one of which names the next. */
function endless(bytes: number): Buffer {
  const size = 2 + 12 + 4;
  const count = Math.ceil(bytes / size);
  const tiff = Buffer.alloc(8 + count * size);
  tiff.write('II*\0', 'latin1');
  tiff.writeUInt32LE(8, 4);
  for (let i = 0; i < count; i++) {
    const at = 8 + i * size;
    tiff.writeUInt16LE(1, at);
    tiff.writeUInt16LE(256, at + 2); // the width
    tiff.writeUInt16LE(3, at + 4);
    tiff.writeUInt32LE(1, at + 6);
    tiff.writeUInt32LE(50, at + 10);
    tiff.writeUInt32LE(i + 1 < count ? at + size : 0, at + 14);
  }
  return tiff;
}
