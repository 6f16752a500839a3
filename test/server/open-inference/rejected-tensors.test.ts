import { expect, test } from 'vitest';
import {
  binaryRequest,
  bytesOf,
  IN_JSON,
  INFER,
  jsonRequest,
  PIXELS,
  STIMULUS,
  withBinaryStimulus,
} from '../../support/protocol.js';
import { rejection, withInput } from '../../support/protocol-rejection.js';

const neurons = (change: object) =>
  jsonRequest({
    inputs: [IN_JSON, { name: 'neurons', shape: [2], datatype: 'INT32', data: [0, 7], ...change }],
  });

test('shapes that overflow, are negative, fractional, empty or of another size are rejected', async () => {
  expect(await rejection(withInput({ shape: [2 ** 32, 2 ** 32, 2] }))).toMatchInlineSnapshot(
    `"422 inputs[0].shape: is [4294967296,4294967296,2]; 'stimulus' is [n, 3, 2]"`,
  );
  expect(await rejection(withInput({ shape: [2 ** 31, 3, 2] }))).toMatchInlineSnapshot(
    `"413 too many stimuli: 2147483648; expected at most 100 in one request"`,
  );
  const huge = JSON.stringify({ inputs: [IN_JSON] }).replace(
    '[2,3,2]',
    '[18446744073709551618,3,2]',
  );
  expect(await rejection({ method: 'POST', body: huge })).toMatchInlineSnapshot(
    `"422 inputs[0].shape[0]: is 18446744073709552000; expected at most 9007199254740991"`,
  );
  expect(await rejection(withInput({ shape: [-2, -3, 2] }))).toMatchInlineSnapshot(
    `"422 inputs[0].shape[0]: is -2; expected at least 0; inputs[0].shape[1]: is -3; expected at least 0"`,
  );
  expect(await rejection(withInput({ shape: [2, 2, 3] }))).toMatchInlineSnapshot(
    `"422 inputs[0].shape: is [2,2,3]; 'stimulus' is [n, 3, 2]"`,
  );
  expect(await rejection(withInput({ shape: [12] }))).toMatchInlineSnapshot(
    `"422 inputs[0].shape: is [12]; 'stimulus' is [n, 3, 2]"`,
  );
  expect(await rejection(withInput({ shape: [] }))).toMatchInlineSnapshot(
    `"422 inputs[0].shape: is []; 'stimulus' is [n, 3, 2]"`,
  );
  expect(await rejection(withInput({ shape: [0, 3, 2], data: [] }))).toMatchInlineSnapshot(
    `"422 inputs[0].shape: is [0,3,2]; 'stimulus' is [n, 3, 2]"`,
  );
  expect(await rejection(withInput({ shape: [1.5, 3, 2] }))).toMatchInlineSnapshot(
    `"422 inputs[0].shape[0]: is 1.5; expected a whole number"`,
  );
  const three = { shape: [3, 3, 2], data: Array(18).fill(0) };
  const limits = { maxStimuli: 2 };
  expect(await rejection(withInput(three), INFER, { limits })).toMatchInlineSnapshot(
    `"413 too many stimuli: 3; expected at most 2 in one request"`,
  );
});

test('datatypes that the inputs do not have are rejected', async () => {
  expect(await rejection(withInput({ datatype: 'FP64' }))).toMatchInlineSnapshot(
    `"422 inputs[0].datatype: 'stimulus' is FP32 (0..1) or UINT8 (0..255)"`,
  );
  expect(await rejection(withInput({ datatype: 'BYTES' }))).toMatchInlineSnapshot(
    `"422 inputs[0].datatype: 'stimulus' is FP32 (0..1) or UINT8 (0..255)"`,
  );
  expect(await rejection(neurons({ datatype: 'INT64' }))).toMatchInlineSnapshot(
    `"422 inputs[1].datatype: 'neurons' is INT32"`,
  );
});

test('data that does not match its shape and datatype is rejected', async () => {
  expect(await rejection(withInput({ data: [0, 1] }))).toMatchInlineSnapshot(
    `"422 inputs[0].data: has 2 entries; shape [2,3,2] makes it 12"`,
  );
  const transposed = [
    [
      [0, 0, 0],
      [0, 0, 0],
    ],
    [
      [0, 0, 0],
      [0, 0, 0],
    ],
  ];
  expect(await rejection(withInput({ data: transposed }))).toMatchInlineSnapshot(
    `"422 inputs[0].data[0]: has 2 entries; shape [2,3,2] makes it 3"`,
  );
  expect(await rejection(withInput({ data: [[0, 1], 3] }))).toMatchInlineSnapshot(
    `"422 inputs[0].data[0]: has 2 entries; shape [2,3,2] makes it 3"`,
  );
  expect(await rejection(withInput({ data: 'AAAA' }))).toMatchInlineSnapshot(
    `"422 inputs[0].data: a list is expected"`,
  );
  expect(await rejection(withInput({ data: null }))).toMatchInlineSnapshot(
    `"422 inputs[0].data: a list is expected"`,
  );
  expect(await rejection(withInput({ data: Array(12).fill('1') }))).toMatchInlineSnapshot(
    `"422 inputs[0].data[0]: a number is expected"`,
  );
  expect(await rejection(withInput({ data: Array(12).fill(255) }))).toMatchInlineSnapshot(
    `"422 stimuli[0][0][0] is 255: pixels are 0..1 as floats, 0..255 only as 8-bit integers; divide by 255"`,
  );
  const bytes = { datatype: 'UINT8', data: Array(12).fill(256) };
  expect(await rejection(withInput(bytes))).toMatchInlineSnapshot(
    `"422 inputs[0].data[0]: a whole number, 0 to 255 is expected"`,
  );
  expect(await rejection(withInput({ ...bytes, data: Array(12).fill(0.5) }))).toMatchInlineSnapshot(
    `"422 inputs[0].data[0]: a whole number, 0 to 255 is expected"`,
  );
});

test('bytes that disagree with the shape, the JSON or the header are rejected', async () => {
  const tensor = bytesOf(PIXELS);
  const sized = (binary_data_size: unknown, bytes = tensor, more = {}) =>
    binaryRequest({ inputs: [{ ...STIMULUS, parameters: { binary_data_size }, ...more }] }, [
      bytes,
    ]);
  expect(await rejection(sized(40))).toMatchInlineSnapshot(
    `"422 inputs[0].parameters.binary_data_size: is 40; shape [2,3,2] of FP32 takes 48 bytes"`,
  );
  expect(await rejection(sized(-48))).toMatchInlineSnapshot(
    `"422 inputs[0].parameters.binary_data_size: is -48; expected at least 0"`,
  );
  expect(await rejection(sized(48, tensor.slice(0, 40)))).toMatchInlineSnapshot(
    `"422 inputs[0].parameters.binary_data_size: is 48; behind the JSON, whose length Inference-Header-Content-Length gives, the body has 40 bytes left"`,
  );
  expect(await rejection(sized(48, new Uint8Array(50)))).toMatchInlineSnapshot(
    `"400 the body holds 2 bytes more than its tensors"`,
  );
  expect(await rejection(sized(48, tensor, { data: [...PIXELS] }))).toMatchInlineSnapshot(
    `"422 inputs[0]: needs either data or parameters.binary_data_size"`,
  );
  expect(await rejection(sized(undefined))).toMatchInlineSnapshot(
    `"422 inputs[0]: needs either data or parameters.binary_data_size"`,
  );
  const { body } = withBinaryStimulus();
  const length = (value: string) => ({
    method: 'POST',
    body,
    headers: { 'Inference-Header-Content-Length': value },
  });
  // This is a request without the header.
  expect(await rejection({ method: 'POST', body })).toMatch(/^400 the body is not text in UTF-8/);
  expect(await rejection(length('100'))).toMatch(/^400 the body is not JSON: /);
  for (const value of ['9999', '-1', '1e2', '12, 12', '99999999999999999999']) {
    expect(await rejection(length(value))).toBe(
      `400 Inference-Header-Content-Length is ${value}; it must be a whole number of bytes, at most those of the body, ${body.length}`,
    );
  }
  expect(await rejection(length('0'))).toMatch(/^400 \d+ bytes are not a whole number of stimuli/);
  expect(await rejection({ ...length('0'), body: '' })).toMatch(/^400 0 bytes are not a whole/);
  const infinite = bytesOf(PIXELS.with(7, Number.POSITIVE_INFINITY));
  expect(await rejection({ ...length('0'), body: infinite })).toMatchInlineSnapshot(
    `"422 stimuli[1][0][1] is Infinity: pixels must be finite"`,
  );
});

test('neurons that the model does not have are rejected', async () => {
  expect(await rejection(neurons({ data: [0, 5] }))).toMatchInlineSnapshot(
    `"422 neurons: unknown neuron: 5; expected one of the 4 ids on the model's card, from 0 to 7"`,
  );
  expect(await rejection(neurons({ data: [0, -1] }))).toMatchInlineSnapshot(
    `"422 neurons: unknown neuron: -1; expected one of the 4 ids on the model's card, from 0 to 7"`,
  );
  expect(await rejection(neurons({ data: [0, 0] }))).toMatchInlineSnapshot(
    `"422 neurons: neuron 0 is named twice"`,
  );
  expect(await rejection(neurons({ data: [0, 2 ** 31] }))).toMatchInlineSnapshot(
    `"422 inputs[1].data[1]: a whole number of 32 bits is expected"`,
  );
  expect(await rejection(neurons({ shape: [0], data: [] }))).toMatchInlineSnapshot(
    `"422 inputs[1].shape: is [0]; 'neurons' is [k], k from 1 to 4"`,
  );
  expect(await rejection(neurons({ shape: [2 ** 40] }))).toMatchInlineSnapshot(
    `"422 inputs[1].shape: is [1099511627776]; 'neurons' is [k], k from 1 to 4"`,
  );
  expect(await rejection(neurons({ shape: [1, 2] }))).toMatchInlineSnapshot(
    `"422 inputs[1].shape: is [1,2]; 'neurons' is [k], k from 1 to 4"`,
  );
});
