import { expect, test } from 'vitest';
import { encodeNpy } from '../../src/formats/npy.js';
import { grayPng, rejection } from './request.js';

const JSON_TYPE = 'application/json';

/** Rows of the 6x4 stimulus, with one changed by `change`. */
function rows(change: (all: unknown[][]) => void = () => {}): string {
  const all: unknown[][] = Array.from({ length: 6 }, () => [0, 0.25, 0.5, 1]);
  change(all);
  return JSON.stringify({ stimuli: [all] });
}

test('malformed JSON is rejected with the position of the error', async () => {
  // The rest of the message comes from the parser.
  const early = '{"stimuli": [';
  const brace = '{"stimuli": [] "neurons"}';
  const comma = `{"stimuli": [[${'[0.5, 0.25], '.repeat(50)}[0.5,]]]}`;
  for (const [text, position] of [
    [early, early.length],
    [brace, brace.indexOf('"neurons"')],
    [comma, comma.indexOf(',]') + 1],
  ] as const) {
    const message = await rejection(JSON_TYPE, text);
    expect(message).toMatch(/^InputError: the body is not JSON: /);
    expect(message).toMatch(new RegExp(`at position ${position}\\b`));
  }
});

test('invalid JSON bodies are rejected', async () => {
  expect(await rejection(JSON_TYPE, Uint8Array.of(0x7b, 0xff))).toMatchInlineSnapshot(
    `"InputError: the body is not text in UTF-8"`,
  );
  expect(await rejection(JSON_TYPE, '[]')).toMatchInlineSnapshot(
    `"InputError: the body: is an empty list; expected an object"`,
  );
  expect(await rejection(JSON_TYPE, '{}')).toMatchInlineSnapshot(
    `"InputError: stimuli: is missing; expected a list [stimuli]"`,
  );
  expect(await rejection(JSON_TYPE, '{"stimuli": []}')).toMatchInlineSnapshot(
    `"InputError: stimuli: there are no stimuli [stimuli]"`,
  );
  expect(await rejection(JSON_TYPE, '{"stimuli": [[]]}')).toMatchInlineSnapshot(
    `"InputError: stimuli[0]: rows of pixels are expected: [[0.5, ...], ...] [stimuli[0]]"`,
  );
  expect(await rejection(JSON_TYPE, '{"stimuli": [7]}')).toMatchInlineSnapshot(
    `"InputError: stimuli[0]: a stimulus is rows of pixels, {"png": base64}, {"npy": base64}, or one of grating, driftingGrating, gabor, disc, annulus, centreSurround, plaid, bar, sparseNoise, image with its parameters, such as {"grating": {...}} [stimuli[0]]"`,
  );
  expect(await rejection(JSON_TYPE, '{"stimuli": [{"jpg": ""}]}')).toMatchInlineSnapshot(
    `"InputError: stimuli[0]: a stimulus is rows of pixels, {"png": base64}, {"npy": base64}, or one of grating, driftingGrating, gabor, disc, annulus, centreSurround, plaid, bar, sparseNoise, image with its parameters, such as {"grating": {...}} [stimuli[0]]"`,
  );
  expect(await rejection(JSON_TYPE, '{"stimuli": [[0.5]], "neuron": 1}')).toMatchInlineSnapshot(
    `"InputError: the body: unknown key: "neuron"; did you mean "neurons"? There are stimuli, neurons"`,
  );
  expect(await rejection(JSON_TYPE, '{"stimuli": [[0]], "neurons": [-1]}')).toMatchInlineSnapshot(
    `"InputError: neurons[0]: is -1; expected at least 0 [neurons[0]]"`,
  );
});

test('invalid stored sets in JSON are rejected', async () => {
  const digest = '0'.repeat(64);
  const set = JSON.stringify({ stimulusSet: digest });
  const readStoredSet = async () => ({
    count: 9,
    height: 6,
    width: 4,
    channels: 1 as const,
    pixels: new Float32Array(216),
  });
  expect(await rejection(JSON_TYPE, set)).toMatchInlineSnapshot(
    `"InputError: stimulusSet: no stored set is taken here; send the stimuli themselves [stimulusSet]"`,
  );
  expect(await rejection(JSON_TYPE, set, { readStoredSet })).toMatchInlineSnapshot(
    `"PayloadTooLargeError: too many stimuli: 9; expected at most 8 in one request"`,
  );
  const none = JSON.stringify({ stimulusSet: digest, stimuli: [] });
  expect(await rejection(JSON_TYPE, none, { readStoredSet })).toMatchInlineSnapshot(
    `"InputError: stimuli: there are no stimuli [stimuli]"`,
  );
  const both = JSON.stringify({ stimulusSet: digest, stimuli: [{ grating: {} }] });
  expect(await rejection(JSON_TYPE, both, { readStoredSet })).toMatchInlineSnapshot(
    `"InputError: stimuli[0]: is an object; expected a number [stimuli[0]]"`,
  );
  const beyond = JSON.stringify({ stimulusSet: digest, stimuli: [8, 9] });
  expect(await rejection(JSON_TYPE, beyond, { readStoredSet })).toMatchInlineSnapshot(
    `"InputError: stimuli[1]: there is no stimulus 9; the set has 9, numbered from 0 [stimuli[1]]"`,
  );
  const short = JSON.stringify({ stimulusSet: 'abc' });
  expect(await rejection(JSON_TYPE, short, { readStoredSet })).toMatchInlineSnapshot(
    `"InputError: stimulusSet: is "abc"; expected the digest of a stored set, all 64 hex digits of it: GET /v1/stimulus-sets lists the sets [stimulusSet]"`,
  );
});

test('invalid nested numbers in JSON are rejected', async () => {
  const ragged = rows((all) => {
    all[2]!.pop();
  });
  const text = rows((all) => {
    all[5]![3] = '1';
  });
  const flat = JSON.stringify({ stimuli: [[0, 1, 0.5]] });
  const noRow = JSON.stringify({ stimuli: [[[0, 1], null]] });
  expect(await rejection(JSON_TYPE, ragged)).toMatchInlineSnapshot(
    `"InputError: stimuli[0][2]: 3 pixels; the first row has 4 [stimuli[0][2]]"`,
  );
  expect(await rejection(JSON_TYPE, text)).toMatchInlineSnapshot(
    `"InputError: stimuli[0][5][3]: a number is expected [stimuli[0][5][3]]"`,
  );
  expect(await rejection(JSON_TYPE, flat)).toMatchInlineSnapshot(
    `"InputError: stimuli[0]: rows of pixels are expected: [[0.5, ...], ...] [stimuli[0]]"`,
  );
  expect(await rejection(JSON_TYPE, noRow)).toMatchInlineSnapshot(
    `"InputError: stimuli[0][1]: a row of pixels is expected [stimuli[0][1]]"`,
  );
  expect(await rejection(JSON_TYPE, '{"stimuli": [[[0, 1]]]}')).toMatchInlineSnapshot(
    `"InputError: stimulus 0 is 1 high x 2 wide; the model takes 6 high x 4 wide; its proportions would change by a factor of 3; ?fit=resize takes at most 2; check the order of its axes, or add ?fit=stretch [stimuli[0]]"`,
  );
});

test('invalid files and gratings in JSON are rejected', async () => {
  const one = (entry: unknown) => JSON.stringify({ stimuli: [entry] });
  const cut = (await grayPng(6, 4)).subarray(0, 60).toString('base64');
  const two = Buffer.from(encodeNpy(new Uint8Array(48), [2, 6, 4])).toString('base64');
  expect(
    await rejection(JSON_TYPE, one({ png: 'data:image/png;base64,AAAA' })),
  ).toMatchInlineSnapshot(
    `"InputError: stimuli[0].png: base64 is expected, without a data: prefix [stimuli[0].png]"`,
  );
  expect(await rejection(JSON_TYPE, one({ png: cut }))).toMatchInlineSnapshot(
    `"InputError: stimuli[0].png: the PNG is truncated or corrupted [stimuli[0].png]"`,
  );
  expect(await rejection(JSON_TYPE, one({ npy: two }))).toMatchInlineSnapshot(
    `"InputError: stimuli[0].npy: 2 images; one is expected [stimuli[0].npy]"`,
  );
  expect(await rejection(JSON_TYPE, one({ grating: { angle: 45 } }))).toMatchInlineSnapshot(
    `"InputError: stimuli[0].grating: unknown key: "angle"; expected one of orientation, spatialFrequency, phase, contrast, diameter, innerDiameter, x, y, edge [stimuli[0].grating]"`,
  );
  expect(
    await rejection(JSON_TYPE, one({ grating: { contrast: 2, spatialFrequency: 0 } })),
  ).toMatchInlineSnapshot(
    `"InputError: stimuli[0].grating.spatialFrequency: is 0; expected more than 0; stimuli[0].grating.contrast: is 2; expected at most 1 [stimuli[0].grating.spatialFrequency, stimuli[0].grating.contrast]"`,
  );
  const target = { height: 6, width: 4, channels: 1 as const, background: 0.75 };
  expect(
    await rejection(JSON_TYPE, one({ grating: { contrast: 1 } }), { target }),
  ).toMatchInlineSnapshot(
    `"InputError: stimuli[0].grating: contrast 1 on a background of 0.75 needs luminance 1.5, brighter than white; expected at most 0.333 [stimuli[0].grating]"`,
  );
});

test('invalid pixel values in JSON are rejected', async () => {
  const json = rows((all) => {
    all[3]![1] = 1.5;
  });
  expect(await rejection(JSON_TYPE, json)).toMatchInlineSnapshot(
    `"InputError: stimuli[0][3][1] is 1.5: pixels are 0..1 as floats, 0..255 only as 8-bit integers; divide by 255 [stimuli[0][3][1]]"`,
  );
});
