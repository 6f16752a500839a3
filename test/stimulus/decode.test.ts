import fc from 'fast-check';
import sharp from 'sharp';
import { expect, test } from 'vitest';
import { encodeNpy, type NpyData } from '../../src/formats/npy.js';
import { Grating, renderGrating } from '../../src/stimulus/parametric/grating.js';
import { stimulusAt, stimulusDigest } from '../../src/stimulus/stimuli.js';
import { decode, GRAY, GRAY_8 } from './request.js';

const NPY = 'application/x-npy';

/** The same file with the first index fastest, as numpy.asfortranarray saves it. */
function fortranNpy(data: NpyData, [n, h, w]: readonly [number, number, number]): Uint8Array {
  const turned = data.slice();
  for (let i = 0; i < data.length; i++) {
    const x = i % w;
    const y = Math.floor(i / w) % h;
    const image = Math.floor(i / (w * h));
    turned[image + n * (y + h * x)] = data[i]!;
  }
  const file = Buffer.from(encodeNpy(turned, [n, h, w]));
  file.write('True ', file.indexOf('False'), 'latin1');
  return file;
}

function png(samples: Uint8Array | Uint16Array, channels: 1 | 3 = 1): Promise<Buffer> {
  const space = samples instanceof Uint16Array ? 'grey16' : channels === 1 ? 'b-w' : 'srgb';
  return sharp(samples, { raw: { height: 6, width: 4, channels } })
    .toColourspace(space)
    .png()
    .toBuffer();
}

test('.npy in every element type and order decodes to the encoded pixels', async () => {
  const scaled = fc.array(fc.integer({ min: 0, max: 65535 }), { minLength: 72, maxLength: 72 });
  await fc.assert(
    fc.asyncProperty(scaled, async (values) => {
      const cases: [NpyData, (value: number) => number][] = [
        [Uint8Array.from(values, (v) => v % 256), (v) => v / 255],
        [Uint16Array.from(values), (v) => v / 65535],
        [Float32Array.from(values, (v) => v / 65535), (v) => v],
        [Float64Array.from(values, (v) => v / 65535), (v) => v],
      ];
      for (const [data, unit] of cases) {
        const expected = Float32Array.from(data, unit);
        const files = [
          encodeNpy(data, [3, 6, 4]),
          encodeNpy(data, [3, 6, 4, 1]),
          fortranNpy(data, [3, 6, 4]),
        ];
        for (const file of files) {
          const { stimuli, notes } = await decode(NPY, file);
          expect(stimuli).toEqual({
            count: 3,
            height: 6,
            width: 4,
            channels: 1 as const,
            pixels: expected,
          });
          expect(notes).toEqual([[], [], []]);
        }
      }
    }),
    { numRuns: 20 },
  );
});

test('one image of shape (h, w) is one stimulus', async () => {
  const { stimuli } = await decode(NPY, encodeNpy(GRAY, [6, 4]));
  expect(stimuli).toEqual({ count: 1, height: 6, width: 4, channels: 1 as const, pixels: GRAY });
});

test('the same pixels have one digest in any format', async () => {
  const rgb = Uint8Array.from({ length: 72 }, (_, i) => GRAY_8[Math.floor(i / 3)]!);
  const file = await png(GRAY_8);
  const npy = encodeNpy(GRAY, [6, 4]);
  const rows = Array.from({ length: 6 }, (_, y) =>
    [...GRAY_8.subarray(4 * y, 4 * y + 4)].map((v) => v / 255),
  );
  const json = JSON.stringify({
    stimuli: [rows, { png: file.toString('base64') }, { npy: Buffer.from(npy).toString('base64') }],
  });
  const gray = sharp(file).toColourspace('b-w');
  const decoded = await Promise.all([
    decode('image/png', file),
    decode('image/png', await png(rgb, 3)),
    decode('image/png', await png(Uint16Array.from(GRAY_8, (v) => v * 257))),
    decode('image/webp', await gray.clone().webp({ lossless: true }).toBuffer()),
    decode('image/tiff', await gray.clone().tiff({ compression: 'none' }).toBuffer()),
    decode(NPY, npy),
    decode(NPY, encodeNpy(GRAY_8, [1, 6, 4])),
    decode('application/octet-stream', GRAY_8, { dtype: 'uint8' }),
    decode('application/octet-stream', new Uint8Array(GRAY.buffer), { dtype: 'float32' }),
    decode('application/json', json),
  ]);
  const digests = decoded.flatMap(({ stimuli }) =>
    Array.from({ length: stimuli.count }, (_, i) => stimulusDigest(stimulusAt(stimuli, i))),
  );
  expect(digests).toHaveLength(12);
  expect(new Set(digests)).toEqual(
    new Set([stimulusDigest({ height: 6, width: 4, channels: 1 as const, pixels: GRAY })]),
  );
});

test('raw bytes have as many stimuli as their length implies', async () => {
  const body = new Uint8Array(48).fill(51);
  const { stimuli, notes } = await decode('application/octet-stream', body, { dtype: 'uint8' });
  expect(stimuli.count).toBe(2);
  expect(new Set(stimuli.pixels)).toEqual(new Set([Math.fround(0.2)]));
  expect(notes).toEqual([[], []]);
});

test('floats outside 0..1 by rounding alone are clipped, and a note says so', async () => {
  const values = Float64Array.from(GRAY);
  values[0] = -5e-17;
  values[23] = 1.0000001;
  const { stimuli, notes } = await decode(NPY, encodeNpy(values, [6, 4]));
  expect(stimuli.pixels).toEqual(GRAY);
  expect(notes).toEqual([['2 pixels within 1e-6 of 0..1 set to 0 or 1']]);
});

test('a JSON body may mix kinds of stimuli and select neurons', async () => {
  const grating = { orientation: 30, diameter: 4 };
  const npy = Buffer.from(encodeNpy(GRAY_8, [6, 4])).toString('base64');
  const body = JSON.stringify({ stimuli: [{ grating }, { npy }], neurons: '0,5,7-12' });
  const { stimuli, neurons } = await decode('Application/JSON; charset=utf-8', body);
  const canvas = { height: 6, width: 4, channels: 1 as const, background: 0.5 };
  expect(stimulusAt(stimuli, 0)).toEqual(renderGrating(Grating.parse(grating), canvas));
  expect(stimulusAt(stimuli, 1).pixels).toEqual(GRAY);
  expect(neurons).toBe('0,5,7-12');
});

test('multipart files are decoded in order, each by its own type', async () => {
  const form = new FormData();
  form.append('stimuli', new Blob([encodeNpy(new Float32Array(48), [2, 6, 4])]), 'two.npy');
  form.append('stimuli', new Blob([await png(GRAY_8)], { type: 'image/png' }), 'one.png');
  const request = new Request('http://localhost', { method: 'POST', body: form });
  const body = new Uint8Array(await request.arrayBuffer());
  const { stimuli, notes } = await decode(request.headers.get('content-type')!, body);
  expect(stimuli.count).toBe(3);
  expect(stimulusAt(stimuli, 2).pixels).toEqual(GRAY);
  expect(notes).toEqual([[], [], []]);
});

test('a part without a type is recognised by its first bytes, or is raw when dtype says so', async () => {
  const boundary = 'multipart/form-data; boundary=b';
  const part = Buffer.from(
    '--b\r\nContent-Disposition: form-data; name="stimuli"; filename="x"\r\n\r\n',
  );
  const body = (bytes: Uint8Array) => Buffer.concat([part, bytes, Buffer.from('\r\n--b--\r\n')]);
  for (const [file, dtype] of [
    [await png(GRAY_8), undefined],
    [encodeNpy(GRAY, [6, 4]), undefined],
    [GRAY_8, 'uint8'],
  ] as const) {
    const options = dtype === undefined ? {} : { dtype };
    expect((await decode(boundary, body(file), options)).stimuli.pixels).toEqual(GRAY);
    expect((await decode(undefined, file, options)).stimuli.pixels).toEqual(GRAY);
  }
});

test('without a content type the first bytes decide', async () => {
  for (const body of [await png(GRAY_8), encodeNpy(GRAY, [6, 4])]) {
    expect((await decode(undefined, body)).stimuli.pixels).toEqual(GRAY);
    expect((await decode('application/octet-stream', body)).stimuli.pixels).toEqual(GRAY);
  }
});

test('without a requested size, stimuli keep their common size', async () => {
  const target = { channels: 1 as const, background: 0.5 };
  const { stimuli } = await decode(NPY, encodeNpy(new Uint8Array(2 * 7 * 5), [2, 7, 5]), {
    target,
  });
  expect(stimuli).toMatchObject({ count: 2, height: 7, width: 5 });
  const form = (...sides: number[]) => {
    const entry = (side: number) => Array.from({ length: side }, () => new Array(side).fill(0.5));
    return JSON.stringify({ stimuli: sides.map(entry) });
  };
  expect((await decode('application/json', form(2, 2), { target })).stimuli.count).toBe(2);
  await expect(decode('application/json', form(2, 2, 3), { target })).rejects.toThrow(
    'stimulus 2 is 3x3, the first is 2x2; add ?height= and ?width=, and ?fit=resize or ?fit=crop',
  );
  const grating = JSON.stringify({ stimuli: [{ grating: {} }] });
  await expect(decode('application/json', grating, { target })).rejects.toThrow(
    'rendered stimuli have no size of their own: add ?height= and ?width=',
  );
  await expect(
    decode('application/octet-stream', GRAY_8, { target, dtype: 'uint8' }),
  ).rejects.toThrow('raw stimuli have no size of their own: add ?height= and ?width=');
});

test('a stored set is named by its digest, in JSON and in a form', async () => {
  const digest = '0123456789abcdef'.repeat(4);
  const set = {
    count: 2,
    height: 12,
    width: 8,
    channels: 1 as const,
    pixels: new Float32Array(2 * 12 * 8).fill(0.5),
  };
  const asked: string[] = [];
  const readStoredSet = async (name: string) => {
    asked.push(name);
    return set;
  };
  const form = `--boundary\r\nContent-Disposition: form-data; name="stimulusSet"\r\n\r\n${digest}\r\n--boundary--\r\n`;
  for (const [type, body] of [
    ['application/json', JSON.stringify({ stimulusSet: digest })],
    ['multipart/form-data; boundary=boundary', form],
  ] as const) {
    const { stimuli, notes, storedAs } = await decode(type, body, { readStoredSet, fit: 'crop' });
    expect(stimuli).toMatchObject({ count: 2, height: 6, width: 4 });
    expect(notes).toEqual([['cropped from 12 high x 8 wide'], ['cropped from 12 high x 8 wide']]);
    expect(storedAs).toBe(digest);
  }
  expect(asked).toEqual([digest, digest]);
});

test('fit=resize and fit=crop change the size and say so', async () => {
  const large = encodeNpy(new Float32Array(2 * 12 * 8).fill(0.5), [2, 12, 8]);
  for (const [fit, note] of [
    ['resize', 'resized from 12 high x 8 wide'],
    ['crop', 'cropped from 12 high x 8 wide'],
  ] as const) {
    const { stimuli, notes } = await decode(NPY, large, { fit });
    expect(stimuli).toEqual({
      count: 2,
      height: 6,
      width: 4,
      channels: 1,
      pixels: new Float32Array(48).fill(0.5),
    });
    expect(notes).toEqual([[note], [note]]);
  }
});

test('pixels of another scale give a warning with the brightest value of their file', async () => {
  const black = await decode(NPY, encodeNpy(new Uint16Array(24), [6, 4]));
  expect(black.notes).toEqual([[]]);
  const bright = Uint16Array.from({ length: 48 }, (_, i) => (i < 24 ? i : 65535));
  expect((await decode(NPY, encodeNpy(bright, [2, 6, 4]))).notes).toEqual([[], []]);

  const bits = Uint8Array.from(GRAY_8, (value) => value % 2);
  const twice = GRAY.map((value) => value / 255);
  const rows = Array.from({ length: 6 }, (_, y) => [...twice.subarray(4 * y, 4 * y + 4)]);
  const dark = await Promise.all([
    decode(NPY, encodeNpy(Uint16Array.from(GRAY_8), [6, 4])),
    decode(NPY, encodeNpy(bits, [6, 4])),
    decode(NPY, encodeNpy(twice, [6, 4])),
    decode('application/octet-stream', bits, { dtype: 'uint8' }),
    decode('image/png', await png(Uint16Array.from(GRAY_8))),
    decode('application/json', JSON.stringify({ stimuli: [rows] })),
  ]);
  for (const { notes } of dark) expect(notes).toEqual([[expect.stringMatching(/^nearly black: /)]]);
});
