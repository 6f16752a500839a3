import { expect, test } from 'vitest';
import { encodeNpy } from '../../../src/formats/npy.js';
import { parseParametric } from '../../../src/stimulus/parametric/entry.js';
import { renderParametric, SCHEMAS } from '../../../src/stimulus/parametric/kinds.js';
import { blurImage } from '../../../src/stimulus/parametric/view.js';
import { stimulusAt } from '../../../src/stimulus/stimuli.js';
import { decode, GRAY, GRAY_8, rejection } from '../request.js';
import { ALL_KINDS, parametric } from './arbitrary.js';

const JSON_TYPE = 'application/json';
const CANVAS = { height: 6, width: 4, channels: 1 as const, background: 0.5 };
/** A model of 6x4 pixels with a scale of 2 pixels per degree. */
const SCALED = { target: { ...CANVAS, pixelsPerDegree: 2 } };
const GRAY_NPY = Buffer.from(encodeNpy(GRAY_8, [6, 4])).toString('base64');

const json = (body: unknown) => JSON.stringify(body);
const rejected = (body: unknown, options = {}) => rejection(JSON_TYPE, json(body), options);

test.each(ALL_KINDS)('%s is accepted in a list and as the whole body', async (kind) => {
  // small enough for an image of 6 x 4 pixels
  const fields = kind === 'sparseNoise' ? { size: 1 } : {};
  const expected = renderParametric(parametric(kind, fields), CANVAS);
  const alone = await decode(JSON_TYPE, json({ [kind]: fields }), { limits: ROOM });
  expect(alone).toEqual(expected);
  const listed = json({ stimuli: [{ [kind]: fields }, { disc: {} }] });
  const { stimuli, notes } = await decode(JSON_TYPE, listed, { limits: ROOM });
  expect(stimuli.count).toBe(expected.stimuli.count + 1);
  expect(stimuli.pixels.subarray(0, expected.stimuli.pixels.length)).toEqual(
    expected.stimuli.pixels,
  );
  expect(notes).toHaveLength(stimuli.count);
});

const ROOM = { maxStimuli: 17, maxPixels: 10_000 };

test('degrees become pixels by the scale of the model, and missing fields stay in pixels', () => {
  const inDegrees = {
    grating: { diameter: 4, x: -1, spatialFrequency: 0.5, orientation: 30, phase: 90 },
    units: 'degrees',
  };
  expect(parseParametric('grating', inDegrees, '', 8).parameters).toEqual(
    SCHEMAS.grating.parse({
      diameter: 32,
      x: -8,
      spatialFrequency: 0.0625,
      orientation: 30,
      phase: 90,
      y: 0,
      innerDiameter: 0,
      edge: 'hard',
    }),
  );
  const { parameters } = parseParametric('grating', { grating: {}, units: 'degrees' }, '', 8);
  expect(parameters).toEqual(SCHEMAS.grating.parse({}));
});

test('every length and frequency is converted, in parts too, and nothing else', () => {
  const convert = (kind: 'gabor' | 'bar' | 'centreSurround' | 'plaid', fields: object) =>
    parseParametric(kind, { [kind]: fields, units: 'degrees' }, '', 4).parameters;
  expect(convert('gabor', { wavelength: 2, sigmaX: 1, sigmaY: 3, contrast: 0.5 })).toMatchObject({
    wavelength: 8,
    sigmaX: 4,
    sigmaY: 12,
    contrast: 0.5,
  });
  expect(convert('bar', { length: 5, width: 0.5, orientation: 7, y: 1 })).toMatchObject({
    length: 20,
    width: 2,
    orientation: 7,
    y: 4,
  });
  const ring = { diameter: 2, gap: 1, surroundDiameter: null, surroundSpatialFrequency: 1 };
  expect(convert('centreSurround', { ...ring, surroundPhase: 60 })).toMatchObject({
    diameter: 8,
    gap: 4,
    surroundDiameter: null,
    surroundSpatialFrequency: 0.25,
    surroundPhase: 60,
  });
  const components = [{ spatialFrequency: 1, orientation: 3 }, { spatialFrequency: 0.4 }];
  expect(convert('plaid', { components })).toMatchObject({
    components: [{ spatialFrequency: 0.25, orientation: 3 }, { spatialFrequency: 0.1 }],
  });
});

test('a stimulus in degrees equals the one in pixels', async () => {
  const degrees = json({ disc: { diameter: 1.5, x: 0.25 }, units: 'degrees' });
  const pixels = json({ disc: { diameter: 3, x: 0.5 } });
  expect(await decode(JSON_TYPE, degrees, SCALED)).toEqual(await decode(JSON_TYPE, pixels));
});

test('degrees are rejected without a scale, and limits are those of pixels', async () => {
  const stimulus = { grating: { spatialFrequency: 2 }, units: 'degrees' };
  expect(await rejected({ stimuli: [stimulus] })).toMatchInlineSnapshot(
    `"InputError: stimuli[0].units: degrees cannot be converted to pixels: no model card states degreesPerImage; expected pixels [stimuli[0].units]"`,
  );
  expect(await rejected(stimulus)).toMatchInlineSnapshot(
    `"InputError: units: degrees cannot be converted to pixels: no model card states degreesPerImage; expected pixels [units]"`,
  );
  expect(await rejected(stimulus, SCALED)).toMatchInlineSnapshot(
    `"InputError: grating.spatialFrequency: is 1; expected at most 0.5 (in pixels, 2 to the degree) [grating.spatialFrequency]"`,
  );
  expect(await rejected({ disc: {}, units: 'inches' })).toMatchInlineSnapshot(
    `"InputError: units: is "inches"; expected one of "pixels", "degrees" [units]"`,
  );
});

test('an unknown field next to a kind or inside it is rejected by name', async () => {
  expect(await rejected({ stimuli: [{ disc: {}, bar: {} }] })).toMatchInlineSnapshot(
    `"InputError: stimuli[0]: unknown key: "bar"; expected one of units, colour, clip [stimuli[0]]"`,
  );
  expect(await rejected({ disc: {}, unit: 'degrees' })).toMatchInlineSnapshot(
    `"InputError: the body: unknown key: "unit"; did you mean "units"? There are units, colour, clip"`,
  );
  expect(await rejected({ disc: { orientation: 3 } })).toMatchInlineSnapshot(
    `"InputError: disc: unknown key: "orientation"; expected one of diameter, contrast, x, y, edge [disc]"`,
  );
  expect(await rejected({ stimuli: [{}, { plaid: { components: [{}] } }] })).toMatchInlineSnapshot(
    `"InputError: stimuli[0]: a stimulus is rows of pixels, {"png": base64}, {"npy": base64}, or one of grating, driftingGrating, gabor, disc, annulus, centreSurround, plaid, bar, sparseNoise, image with its parameters, such as {"grating": {...}} [stimuli[0]]"`,
  );
  expect(
    await rejected({ stimuli: [{ plaid: { components: [{}, { phase: 'x' }] } }] }),
  ).toMatchInlineSnapshot(
    `"InputError: stimuli[0].plaid.components[1].phase: is "x"; expected a number [stimuli[0].plaid.components[1].phase]"`,
  );
  expect(await rejected({ sparseNoise: { size: 1.5, seed: -1, frames: 0 } })).toMatchInlineSnapshot(
    `"InputError: sparseNoise.size: is 1.5; expected a whole number; sparseNoise.seed: is -1; expected at least 0; sparseNoise.frames: is 0; expected at least 1 [sparseNoise.size, sparseNoise.seed, sparseNoise.frames]"`,
  );
  expect(await rejected({ gabor: { wavelength: 1, sigmaX: 0 } })).toMatchInlineSnapshot(
    `"InputError: gabor.wavelength: is 1; expected at least 2; gabor.sigmaX: is 0; expected more than 0 [gabor.wavelength, gabor.sigmaX]"`,
  );
  expect(await rejected({ bar: null })).toMatchInlineSnapshot(
    `"InputError: bar: is null; expected an object [bar]"`,
  );
});

test('stimuli that cannot be rendered are rejected with their place', async () => {
  const hole = { annulus: { diameter: 3, innerDiameter: 3 } };
  expect(await rejected({ stimuli: [{ disc: {} }, hole] })).toMatchInlineSnapshot(
    `"InputError: stimuli[1].annulus: innerDiameter 3 must be less than diameter 3 [stimuli[1].annulus]"`,
  );
  expect(await rejected({ sparseNoise: { size: 3, squares: 3 } })).toMatchInlineSnapshot(
    `"InputError: sparseNoise: 3 squares of 3 pixels do not fit a grid of 2 x 1 places [sparseNoise]"`,
  );
  expect(
    await rejected({ disc: {} }, { target: { ...CANVAS, background: 0 } }),
  ).toMatchInlineSnapshot(
    `"InputError: disc: contrast is relative to the background, and this one is black [disc]"`,
  );
  expect(
    await rejected({ disc: {} }, { target: { channels: 1 as const, background: 0.5 } }),
  ).toMatchInlineSnapshot(
    `"InputError: disc: rendered stimuli have no size of their own: add ?height= and ?width= [disc]"`,
  );
});

test('sequences count towards the limits before they are rendered', async () => {
  expect(await rejected({ driftingGrating: { frames: 9 } })).toMatchInlineSnapshot(
    `"PayloadTooLargeError: driftingGrating: too many stimuli: 9; expected at most 8 in one request [driftingGrating]"`,
  );
  const two = { stimuli: [{ driftingGrating: { frames: 5 } }, { driftingGrating: { frames: 4 } }] };
  expect(await rejected(two)).toMatchInlineSnapshot(
    `"PayloadTooLargeError: too many stimuli: 9; expected at most 8 in one request"`,
  );
  const wide = { target: { height: 200, width: 200, channels: 1 as const, background: 0.5 } };
  expect(await rejected({ disc: {} }, wide)).toMatchInlineSnapshot(
    `"PayloadTooLargeError: disc: stimulus too large: 200x200; expected at most 10000 pixels [disc]"`,
  );
  const limits = { maxStimuli: 100, maxPixels: 2 ** 30 };
  const huge = {
    target: { height: 1024, width: 1024, channels: 1 as const, background: 0.5 },
    limits,
  };
  expect(await rejected({ disc: {} }, huge)).toMatchInlineSnapshot(
    `"PayloadTooLargeError: disc: stimulus too large to be rendered: 1024x1024; expected at most 262144 pixels [disc]"`,
  );
  const many = { target: { ...CANVAS, height: 25 }, limits: { maxStimuli: 100, maxPixels: 100 } };
  expect(await rejected({ driftingGrating: { frames: 17 } }, many)).toMatchInlineSnapshot(
    `"PayloadTooLargeError: driftingGrating: too many pixels of images in one request; expected at most 1600 [driftingGrating]"`,
  );
});

test('an image may be blurred and cut out, from .npy and from a picture', async () => {
  const npy = GRAY_NPY;
  const { stimuli } = await decode(JSON_TYPE, json({ image: { npy, blur: 1 } }));
  const image = { height: 6, width: 4, channels: 1 as const, pixels: GRAY };
  expect(stimulusAt(stimuli, 0)).toEqual(blurImage(image, 1));
  const plain = await decode(JSON_TYPE, json({ stimuli: [{ image: { npy } }, { npy }] }));
  expect(plain.stimuli.pixels).toEqual(Float32Array.of(...GRAY, ...GRAY));
  const degrees = json({ image: { npy, blur: 0.5 }, units: 'degrees' });
  expect((await decode(JSON_TYPE, degrees, SCALED)).stimuli).toEqual(stimuli);
});

test('images that cannot be presented are rejected with their place', async () => {
  const npy = GRAY_NPY;
  expect(await rejected({ image: {} })).toMatchInlineSnapshot(
    `"InputError: image: one of png and npy is expected [image]"`,
  );
  expect(await rejected({ image: { npy, png: npy } })).toMatchInlineSnapshot(
    `"InputError: image: one of png and npy is expected [image]"`,
  );
  expect(await rejected({ stimuli: [{ image: { npy: 'AAAA' } }] })).toMatchInlineSnapshot(
    `"InputError: stimuli[0].image.npy: not a .npy file: it does not begin with the bytes \\x93NUMPY [stimuli[0].image.npy]"`,
  );
  expect(await rejected({ stimuli: [{ image: { png: '*' } }] })).toMatchInlineSnapshot(
    `"InputError: stimuli[0].image.png: base64 is expected, without a data: prefix [stimuli[0].image.png]"`,
  );
  expect(await rejected({ image: { npy, blur: 30 } })).toMatchInlineSnapshot(
    `"InputError: image.blur: is 30; expected at most 20 [image.blur]"`,
  );
  expect(await rejected({ image: { npy, diameter: 2, innerDiameter: 2 } })).toMatchInlineSnapshot(
    `"InputError: image.npy: innerDiameter 2 must be less than diameter 2 [image.npy]"`,
  );
  const small = { target: { ...CANVAS, height: 3 } };
  expect(await rejected({ stimuli: [{ image: { npy } }] }, small)).toMatchInlineSnapshot(
    `"InputError: stimulus 0 is 6 high x 4 wide; the model takes 3 high x 4 wide; add ?fit=resize or ?fit=crop [stimuli[0]]"`,
  );
});

test('an image is blurred only up to the size that is rendered', async () => {
  const npy = Buffer.from(encodeNpy(new Uint8Array(257 * 256), [257, 256])).toString('base64');
  const open = {
    target: { channels: 1 as const, background: 0.5 },
    limits: { maxStimuli: 1, maxPixels: 2 ** 20 },
  };
  expect(await rejected({ image: { npy, blur: 20 } }, open)).toMatchInlineSnapshot(
    `"PayloadTooLargeError: image.npy: stimulus too large to be blurred or cut out: 257 high x 256 wide; expected at most 65536 pixels [image.npy]"`,
  );
  expect((await decode(JSON_TYPE, json({ stimuli: [{ npy }] }), open)).stimuli.height).toBe(257);
});

test('rendering much yields to the event loop', async () => {
  const order: string[] = [];
  setImmediate(() => order.push('others'));
  const target = { height: 512, width: 512, channels: 1 as const, background: 0.5 };
  const options = { target, limits: { maxStimuli: 2, maxPixels: 2 ** 18 } };
  await decode(JSON_TYPE, json({ driftingGrating: { frames: 2 } }), options);
  expect([...order, 'rendered']).toEqual(['others', 'rendered']);
});

test('rendering little does not yield to the event loop', async () => {
  const order: string[] = [];
  const others = new Promise<void>((done) => {
    setImmediate(() => done(void order.push('others')));
  });
  await decode(JSON_TYPE, json({ driftingGrating: { frames: 2 } }));
  order.push('rendered');
  await others;
  expect(order).toEqual(['rendered', 'others']);
});
