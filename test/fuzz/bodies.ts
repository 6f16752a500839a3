import { encodeNpy } from '../../src/formats/npy.js';
import { encodePng } from '../../src/stimulus/encode-png.js';

/** A body that the service accepts, and its path. */
export interface Sample {
  readonly name: string;
  readonly method: 'POST' | 'PUT';
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Buffer;
  /** Whether numbers and names are text in it. */
  readonly isText: boolean;
}

/**
 * Bodies of every kind for a model of four neurons (ids 0, 1, 2, 7).
 * @param side pixels along a side of its stimuli
 */
export async function samples(model: string, side: number): Promise<Sample[]> {
  const under = `/v1/models/${model}`;
  const gray = Float32Array.from({ length: side * side }, (_, i) => (i % 7) / 7);
  const image = { height: side, width: side, channels: 1 as const, pixels: gray };
  const png = Buffer.from(await encodePng(image));
  const two = Float32Array.from({ length: 2 * side * side }, (_, i) => (i % 5) / 5);
  const npy = Buffer.from(encodeNpy(two, [2, side, side]));
  const bytes = Buffer.from(
    encodeNpy(
      Uint8Array.from(two, (value) => 255 * value),
      [2, side, side],
    ),
  );
  const rows = Array.from({ length: side }, (_, y) =>
    Array.from({ length: side }, (__, x) => (x + y) % 2),
  );
  const json = (path: string, name: string, value: unknown): Sample => ({
    ...post(path, name, 'application/json', Buffer.from(JSON.stringify(value))),
    isText: true,
  });
  const tensor = { name: 'stimulus', datatype: 'UINT8', shape: [1, side, side] };
  const header = Buffer.from(
    JSON.stringify({
      inputs: [{ ...tensor, parameters: { binary_data_size: side * side } }],
      outputs: [{ name: 'responses', parameters: { binary_data: true } }],
    }),
  );
  const form = formOf({
    stimuli: npy,
    responses: Buffer.from(encodeNpy(new Float32Array(8), [2, 4])),
  });
  const infer = `/v2/models/${model}/infer`;
  return [
    post(`${under}/responses`, 'npy float32', 'application/x-npy', npy),
    { ...post(`${under}/responses`, 'npy uint8', 'application/x-npy', bytes), isText: true },
    post(`${under}/responses`, 'png', 'image/png', png),
    post('/v1/stimuli?fit=resize', 'png to show', 'image/png', png),
    json(`${under}/responses`, 'JSON rows', { stimuli: [rows], neurons: '0-2,7' }),
    json(`${under}/responses`, 'JSON files', {
      stimuli: [{ png: png.toString('base64') }, { npy: encodedImage(image) }],
      neurons: [0, 7],
    }),
    json(`${under}/responses`, 'JSON parametric', {
      stimuli: [
        { grating: { orientation: 45, spatialFrequency: 0.1, contrast: 0.5, diameter: 8 } },
        { sparseNoise: { frames: 3, seed: 1 } },
        { image: { png: png.toString('base64'), blur: 1, diameter: 9 } },
        { plaid: {}, clip: true },
      ],
    }),
    json(`${under}/tuning/parametric`, 'JSON experiment', {
      parameter: 'orientation',
      values: [0, 45, 90, 135],
      neurons: [0],
      second: 'contrast',
      secondValues: [0.1, 0.5],
      stimulus: { grating: { diameter: 8 } },
    }),
    json(`${under}/receptive-field`, 'JSON mapping', {
      stimulus: { disc: { diameter: 4 } },
      x: [-4, 0, 4],
      y: [-4, 0, 4],
      neurons: [0],
    }),
    json(`${under}/quick-measurement`, 'JSON neurons', { neurons: [0] }),
    {
      ...post(
        `${under}/tuning/rank?k=1`,
        'form',
        `multipart/form-data; boundary=${BOUNDARY}`,
        form,
      ),
      isText: true,
    },
    { ...post('/v1/stimulus-sets', 'set', 'application/x-npy', bytes), method: 'PUT' },
    json(infer, 'V2 JSON', {
      id: 'a',
      inputs: [
        { ...tensor, data: Array.from({ length: side * side }, (_, i) => i % 256) },
        { name: 'neurons', datatype: 'INT32', shape: [2], data: [0, 7] },
      ],
    }),
    {
      ...post(
        infer,
        'V2 binary',
        'application/octet-stream',
        Buffer.concat([header, Buffer.alloc(side * side, 9)]),
      ),
      headers: { 'Inference-Header-Content-Length': String(header.length) },
      isText: true,
    },
  ];
}

const BOUNDARY = 'a-boundary';

function post(path: string, name: string, contentType: string, body: Buffer): Sample {
  return {
    name,
    method: 'POST',
    path,
    headers: { 'Content-Type': contentType },
    body,
    isText: false,
  };
}

function encodedImage({
  height,
  width,
  pixels,
}: {
  height: number;
  width: number;
  pixels: Float32Array;
}) {
  return Buffer.from(encodeNpy(pixels, [height, width])).toString('base64');
}

function formOf(files: Readonly<Record<string, Buffer>>): Buffer {
  const parts = Object.entries(files).flatMap(([name, file]) => [
    Buffer.from(
      `--${BOUNDARY}\r\nContent-Disposition: form-data; name="${name}"; filename="${name}.npy"\r\n` +
        'Content-Type: application/x-npy\r\n\r\n',
    ),
    file,
    Buffer.from('\r\n'),
  ]);
  return Buffer.concat([...parts, Buffer.from(`--${BOUNDARY}--\r\n`)]);
}
