import { crc32 } from 'node:zlib';
import sharp from 'sharp';
import { expect, test } from 'vitest';
import { encodeNpy } from '../../src/formats/npy.js';
import { decode, GRAY, GRAY_8, grayPng, rejection } from './request.js';

const NPY = 'application/x-npy';
const JSON_TYPE = 'application/json';
const RAW = 'application/octet-stream';

function withPixel(index: number, value: number): Uint8Array {
  const values = new Float32Array(5 * 24);
  values[index] = value;
  return encodeNpy(values, [5, 6, 4]);
}

async function multipart(...files: Blob[]): Promise<{ type: string; body: Uint8Array }> {
  const form = new FormData();
  for (const file of files) form.append('stimuli', file, 'file');
  const request = new Request('http://localhost', { method: 'POST', body: form });
  const body = new Uint8Array(await request.arrayBuffer());
  return { type: request.headers.get('content-type')!, body };
}

test('images that cannot be read are rejected', async () => {
  const png = await grayPng(6, 4);
  const cut = png.subarray(0, png.length - 30);
  expect(await rejection('image/png', cut)).toMatchInlineSnapshot(
    `"InputError: the PNG is truncated or corrupted"`,
  );
  expect(await rejection('image/png', png.subarray(0, 20))).toMatchInlineSnapshot(
    `"InputError: the PNG is truncated or corrupted"`,
  );
  expect(await rejection('image/png', 'not an image')).toMatchInlineSnapshot(
    `"InputError: the bytes are not a PNG, JPEG, WebP or TIFF image"`,
  );
  expect(await rejection('image/png', await grayPng(64, 64))).toMatchInlineSnapshot(
    `"InputError: stimulus 0 is 64x64; the model takes 6 high x 4 wide; add ?fit=resize or ?fit=crop [stimuli[0]]"`,
  );
  expect(await rejection('image/png', await grayPng(6, 5))).toMatchInlineSnapshot(
    `"InputError: stimulus 0 is 6 high x 5 wide; the model takes 6 high x 4 wide; add ?fit=resize or ?fit=crop [stimuli[0]]"`,
  );
  expect(await rejection('image/png', await grayPng(5, 64), { fit: 'crop' })).toMatchInlineSnapshot(
    `"InputError: stimulus 0 is 5 high x 64 wide; the model takes 6 high x 4 wide; it is too small to crop [stimuli[0]]"`,
  );
  const cmyk = await sharp(png).toColourspace('cmyk').jpeg().toBuffer();
  expect(await rejection('image/jpeg', cmyk)).toMatchInlineSnapshot(
    `"InputError: the JPEG is cmyk with uchar samples; gray or RGB of 8 or 16 bits is accepted"`,
  );
});

/** An uncompressed 8-bit TIFF of one row; photometric 1 is gray, 2 is RGB. */
function tiff(width: number, samplesPerPixel: number, photometric: 1 | 2): Buffer {
  const short = (tag: number, value: number) => [tag, 3, 1, value] as const;
  const entries = [
    ...[short(256, width), short(257, 1), short(258, 8), short(259, 1), short(262, photometric)],
    ...[short(273, 200), short(277, samplesPerPixel), short(278, 1)],
    short(279, width * samplesPerPixel),
  ];
  const file = Buffer.alloc(200 + width * samplesPerPixel, 100);
  file.write('II*\0', 'latin1');
  file.writeUInt32LE(8, 4);
  file.writeUInt16LE(entries.length, 8);
  for (const [i, [tag, type, count, value]] of entries.entries()) {
    const at = 10 + 12 * i;
    file.writeUInt16LE(tag, at);
    file.writeUInt16LE(type, at + 2);
    file.writeUInt32LE(count, at + 4);
    file.writeUInt32LE(value, at + 8);
  }
  file.writeUInt32LE(0, 10 + 12 * entries.length);
  return file;
}

test('more channels than gray or colour has are rejected', async () => {
  const target = { height: 1, width: 4, channels: 1 as const, background: 0.5 };
  expect((await decode('image/tiff', tiff(4, 1, 1), { target })).notes).toEqual([[]]);
  expect(await rejection('image/tiff', tiff(4, 3, 1), { target })).toMatchInlineSnapshot(
    `"InputError: the TIFF has 3 channels; gray or RGB is accepted, with or without alpha"`,
  );
  expect(await rejection('image/tiff', tiff(4, 5, 1), { target })).toMatchInlineSnapshot(
    `"InputError: the TIFF has 5 channels; gray or RGB is accepted, with or without alpha"`,
  );
  expect(await rejection('image/tiff', tiff(4, 5, 2), { target })).toMatchInlineSnapshot(
    `"InputError: the TIFF has 5 channels; gray or RGB is accepted, with or without alpha"`,
  );
});

test('several images in one file are rejected', async () => {
  const raw = { height: 12, width: 4, channels: 3, pageHeight: 6 } as const;
  const samples = Uint8Array.from({ length: 12 * 4 * 3 }, (_, i) => i);
  const animated = await sharp(samples, { raw }).webp().toBuffer();
  expect(await rejection('image/webp', animated)).toMatchInlineSnapshot(
    `"InputError: the WEBP has 2 images; send one per file"`,
  );
});

test('a PNG of 20000x20000 pixels is rejected by its header', async () => {
  const bomb = Buffer.from(await grayPng(6, 4));
  bomb.writeUInt32BE(20_000, 16);
  bomb.writeUInt32BE(20_000, 20);
  bomb.writeUInt32BE(crc32(bomb.subarray(12, 29)), 29);
  // Its data ends after 24 pixels: decoding it would give another error.
  expect(await rejection('image/png', bomb, { fit: 'resize' })).toMatchInlineSnapshot(
    `"PayloadTooLargeError: stimulus too large: 20000x20000; expected at most 10000 pixels"`,
  );
});

test('.npy files that are not stimuli are rejected', async () => {
  const npy = encodeNpy(GRAY, [6, 4]);
  expect(await rejection(NPY, npy.subarray(0, npy.length - 3))).toMatchInlineSnapshot(
    `"InputError: the .npy file is cut off: shape (6, 4) needs 96 bytes of data, 93 are there"`,
  );
  expect(await rejection(NPY, npy.subarray(0, 40))).toMatchInlineSnapshot(
    `"InputError: the .npy header is cut off"`,
  );
  expect(await rejection(NPY, encodeNpy(new Uint8Array(144), [2, 6, 4, 3]))).toMatchInlineSnapshot(
    `"InputError: shape (2, 6, 4, 3) ends in 3 channels; only gray is accepted: (h, w), (h, w, 1), (n, h, w), (n, h, w, 1) or (n, 1, h, w)"`,
  );
  expect(
    await rejection(NPY, encodeNpy(new Uint8Array(72), [6, 4, 3]), { fit: 'resize' }),
  ).toMatchInlineSnapshot(
    `"InputError: shape (6, 4, 3) ends in 3 channels; only gray is accepted: (h, w), (h, w, 1), (n, h, w), (n, h, w, 1) or (n, 1, h, w)"`,
  );
  expect(await rejection(NPY, encodeNpy(GRAY, [24]))).toMatchInlineSnapshot(
    `"InputError: shape (24) is not (h, w), (h, w, 1), (n, h, w), (n, h, w, 1) or (n, 1, h, w)"`,
  );
  expect(await rejection(NPY, encodeNpy(new Uint8Array(0), [0, 6, 4]))).toMatchInlineSnapshot(
    `"InputError: shape (0, 6, 4) has no pixels"`,
  );
  expect(await rejection(NPY, encodeNpy(new Int32Array(24), [6, 4]))).toMatchInlineSnapshot(
    `"InputError: the pixels have the .npy type i4; expected uint8 (0..255), uint16 (0..65535), bool, or float16, float32 or float64 (0..1)"`,
  );
  expect(await rejection(NPY, encodeNpy(GRAY, [4, 6]))).toMatchInlineSnapshot(
    `"InputError: stimulus 0 is 4 high x 6 wide; the model takes 6 high x 4 wide; its proportions would change by a factor of 2.25; ?fit=resize takes at most 2; check the order of its axes, or add ?fit=stretch [stimuli[0]]"`,
  );
});

test('pixel values out of range are rejected', async () => {
  const index = 3 * 24 + 2 * 4 + 1;
  expect(await rejection(NPY, withPixel(index, Number.NaN))).toMatchInlineSnapshot(
    `"InputError: stimuli[3][2][1] is NaN: pixels must be finite [stimuli[3][2][1]]"`,
  );
  expect(await rejection(NPY, withPixel(index, Number.NEGATIVE_INFINITY))).toMatchInlineSnapshot(
    `"InputError: stimuli[3][2][1] is -Infinity: pixels must be finite [stimuli[3][2][1]]"`,
  );
  expect(await rejection(NPY, withPixel(index, 128))).toMatchInlineSnapshot(
    `"InputError: stimuli[3][2][1] is 128: pixels are 0..1 as floats, 0..255 only as 8-bit integers; divide by 255 [stimuli[3][2][1]]"`,
  );
  expect(await rejection(NPY, withPixel(index, -0.5))).toMatchInlineSnapshot(
    `"InputError: stimuli[3][2][1] is -0.5: pixels are 0..1 as floats, 0..255 only as 8-bit integers; send pixels as they were before they were centred or z-scored [stimuli[3][2][1]]"`,
  );
});

test('raw pixels of the wrong length are rejected', async () => {
  expect(await rejection(RAW, GRAY_8)).toMatchInlineSnapshot(
    `"InputError: raw pixels need ?dtype=uint8 or ?dtype=float32 [dtype]"`,
  );
  expect(await rejection(RAW, GRAY_8, { dtype: 'int16' })).toMatchInlineSnapshot(
    `"InputError: dtype 'int16' is not uint8 or float32 [dtype]"`,
  );
  expect(await rejection(RAW, GRAY_8.subarray(0, 23), { dtype: 'uint8' })).toMatchInlineSnapshot(
    `"InputError: 23 bytes are not a whole number of stimuli: 6 high x 4 wide in uint8 takes 24 bytes each"`,
  );
});

test('unknown media types are rejected', async () => {
  expect(await rejection('text/csv', '1,2,3')).toMatchInlineSnapshot(
    `"UnsupportedMediaError: text/csv is not accepted here; send image/png, image/jpeg, image/webp, image/tiff, application/x-npy, application/octet-stream, application/json, multipart/form-data"`,
  );
  expect(await rejection(undefined, '1,2,3')).toMatchInlineSnapshot(
    `"UnsupportedMediaError: Content-Type is missing, and the first bytes are of no known format; expected image/png, image/jpeg, image/webp, image/tiff, application/x-npy, application/octet-stream, application/json, multipart/form-data"`,
  );
  expect(await rejection('image/png', '')).toMatchInlineSnapshot(
    `"InputError: the body is empty; expected stimuli: check the path of the file that is sent"`,
  );
});

test('files of a multipart body are numbered consecutively', async () => {
  const three = new Blob([encodeNpy(new Float32Array(72), [3, 6, 4])]);
  const bad = await multipart(three, new Blob([withPixel(5, Number.NaN)]));
  expect(await rejection(bad.type, bad.body)).toMatchInlineSnapshot(
    `"InputError: stimuli[3][1][1] is NaN: pixels must be finite [stimuli[3][1][1]]"`,
  );
  const nine = await multipart(three, three, three);
  expect(await rejection(nine.type, nine.body)).toMatchInlineSnapshot(
    `"PayloadTooLargeError: too many stimuli: 9; expected at most 8 in one request"`,
  );
});

test('invalid multipart bodies are rejected', async () => {
  const { type, body } = await multipart(new Blob([GRAY_8], { type: 'text/csv' }));
  expect(await rejection(type, body)).toMatchInlineSnapshot(
    `"UnsupportedMediaError: file 0 (stimuli): text/csv is not accepted here; send image/png, image/jpeg, image/webp, image/tiff, application/x-npy, application/octet-stream, application/json, multipart/form-data [file 0 (stimuli)]"`,
  );
  const untyped =
    '--b\r\nContent-Disposition: form-data; name="k"; filename="k"\r\n\r\n5\r\n--b--\r\n';
  expect(await rejection('multipart/form-data; boundary=b', untyped)).toMatchInlineSnapshot(
    `"UnsupportedMediaError: file 0 (k): Content-Type is missing, and the first bytes are of no known format; expected image/png, image/jpeg, image/webp, image/tiff, application/x-npy, application/octet-stream, application/json, multipart/form-data [file 0 (k)]"`,
  );
  expect(await rejection(type, body.subarray(0, body.length - 20))).toMatchInlineSnapshot(
    `"InputError: the multipart body cannot be read: it is cut off, or does not begin with its boundary"`,
  );
  expect(await rejection('multipart/form-data', body)).toMatchInlineSnapshot(
    `"InputError: the multipart body cannot be read: the Content-Type "multipart/form-data" has no boundary; expected multipart/form-data; boundary=..."`,
  );
  const text = '--b\r\nContent-Disposition: form-data; name="k"\r\n\r\n5\r\n--b--\r\n';
  expect(await rejection('multipart/form-data; boundary=b', text)).toMatchInlineSnapshot(
    `"InputError: k: a file is expected, not a text field [k]"`,
  );
  expect(await rejection('multipart/form-data; boundary=b', '--b--\r\n')).toMatchInlineSnapshot(
    `"InputError: the multipart body has no file"`,
  );
});

test.each([
  ['an .npz file', 'PK\x03\x04', 'a ZIP archive, as .npz files are', 'numpy.save'],
  ['a .mat file', 'MATLAB 5.0 MAT-file, Platform: GLNXA64', 'a MATLAB file', 'numpy.save'],
  ['an HDF5 file', '\x89HDF\r\n\x1a\n', 'an HDF5 file', 'numpy.save'],
  ['a Parquet file', 'PAR1', 'a Parquet file', 'numpy.save'],
  ['a GIF', 'GIF89a', 'a GIF image', 'PNG'],
  ['a PDF', '%PDF-1.7', 'a PDF document', 'PNG'],
  ['an SVG', '<svg xmlns="x"/>', 'an SVG drawing', 'PNG'],
  ['gzip', '\x1f\x8b\x08', 'compressed with gzip', 'unpacked'],
])('%s is recognised and rejected with what to do', async (_, head, format, advice) => {
  const body = Buffer.from(head.padEnd(40, '\0'), 'latin1');
  for (const type of [undefined, RAW]) {
    const message = await rejection(type, body);
    expect(message).toMatch(/^UnsupportedMediaError: /);
    expect(message).toContain(`the body is ${format}, which is not read`);
    expect(message).toContain(advice);
  }
});

test.each(['image/x-png', 'IMAGE/X-PNG; x=y'])('%s is PNG', async (type) => {
  expect(await rejection(type, 'hello')).toMatch(/damaged|not a PNG/);
});

const FORM = 'multipart/form-data; boundary=b';

/** A part with these lines as headers. */
const part = (content: string, ...headers: string[]) =>
  `--b\r\n${headers.join('\r\n')}\r\n\r\n${content}\r\n`;

const NAMED = 'Content-Disposition: form-data; name="stimuli"; filename="x"';

test('forms with empty, superfluous or too many parts are rejected', async () => {
  expect(await rejection(FORM, `${part('', NAMED)}--b--\r\n`)).toMatchInlineSnapshot(
    `"InputError: stimuli: the file 0 of the form is empty [stimuli]"`,
  );
  expect(
    await rejection(FORM, `${part('5', 'Content-Type: image/png')}--b--`),
  ).toMatchInlineSnapshot(
    `"InputError: part 0 of the form has no name; expected Content-Disposition: form-data; name="stimuli"; filename="...""`,
  );
  expect(
    await rejection(FORM, `${part('5', NAMED, `X: ${'y'.repeat(5000)}`)}--b--`),
  ).toMatchInlineSnapshot(
    `"InputError: the multipart body cannot be read: the headers of a part are larger than 4096 bytes"`,
  );
  const set = 'Content-Disposition: form-data; name="stimulusSet"';
  expect(await rejection(FORM, `${part('a'.repeat(300), set)}--b--`)).toMatchInlineSnapshot(
    `"InputError: stimulusSet: has 300 bytes of text [stimulusSet]"`,
  );
  expect(await rejection(FORM, `${part('a', set)}${part('a', set)}--b--`)).toMatchInlineSnapshot(
    `"InputError: stimulusSet: is there more than once [stimulusSet]"`,
  );
  const bytes = Buffer.from(part('5', 'Content-Disposition: form-data; name="\xff"'), 'latin1');
  expect(await rejection(FORM, Buffer.concat([bytes, Buffer.from('--b--')]))).toMatchInlineSnapshot(
    `"InputError: the multipart body cannot be read: it is cut off, or does not begin with its boundary"`,
  );
});

test('a form is read no further than the parts that a request may have', async () => {
  const files = part('x', NAMED).repeat(12);
  // It is also cut off, which a reader of all parts would find first.
  expect(await rejection(FORM, files)).toMatchInlineSnapshot(
    `"PayloadTooLargeError: the form has more than 10 parts"`,
  );
  const limits = { maxStimuli: 9, maxPixels: 10_000 };
  expect(await rejection(FORM, files, { limits })).toMatchInlineSnapshot(
    `"InputError: the multipart body cannot be read: it is cut off, or does not begin with its boundary"`,
  );
});

test('more stimuli than the limits allow are rejected', async () => {
  const nine = encodeNpy(new Uint8Array(9 * 24), [9, 6, 4]);
  expect(await rejection(NPY, nine)).toMatchInlineSnapshot(
    `"PayloadTooLargeError: too many stimuli: 9; expected at most 8 in one request"`,
  );
  expect(await rejection(RAW, new Uint8Array(9 * 24), { dtype: 'uint8' })).toMatchInlineSnapshot(
    `"PayloadTooLargeError: too many stimuli: 9; expected at most 8 in one request"`,
  );
  const json = JSON.stringify({ stimuli: new Array(9).fill({ grating: {} }) });
  expect(await rejection(JSON_TYPE, json)).toMatchInlineSnapshot(
    `"PayloadTooLargeError: too many stimuli: 9; expected at most 8 in one request"`,
  );
  const image = new Blob([await grayPng(100, 100)], { type: 'image/png' });
  const many = await multipart(...Array.from({ length: 17 }, () => image));
  const limits = { maxStimuli: 100, maxPixels: 10_000 };
  expect(await rejection(many.type, many.body, { fit: 'resize', limits })).toMatchInlineSnapshot(
    `"PayloadTooLargeError: file 16 (stimuli): too many pixels of images in one request; expected at most 160000 [file 16 (stimuli)]"`,
  );
  const wide = encodeNpy(new Uint8Array(200 * 100), [200, 100]);
  expect(await rejection(NPY, wide, { fit: 'resize' })).toMatchInlineSnapshot(
    `"PayloadTooLargeError: stimulus too large: 200 high x 100 wide; expected at most 10000 pixels"`,
  );
});
