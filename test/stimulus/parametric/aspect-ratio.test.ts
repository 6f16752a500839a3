import { expect, test } from 'vitest';
import { InputError } from '../../../src/errors.js';
import { parseParametric } from '../../../src/stimulus/parametric/entry.js';
import { renderParametric } from '../../../src/stimulus/parametric/kinds.js';
import { planSweep } from '../../../src/stimulus/sweep.js';

const CANVAS = { height: 21, width: 25, channels: 1 as const, background: 0.5 };
const paths = { parameter: 'parameter', values: 'values' };

const render = (gabor: object) =>
  renderParametric(parseParametric('gabor', { gabor }, '', undefined), CANVAS);

test.each([0.25, 1, 3])(
  'aspect ratio %s gives the Gabor with that sigmaY, bit for bit',
  (ratio) => {
    const common = { sigmaX: 6, orientation: 30, contrast: 0.9 };
    expect(render({ ...common, aspectRatio: ratio })).toEqual(
      render({ ...common, sigmaY: 6 / ratio }),
    );
  },
);

test('aspect ratio and sigmaY together are rejected', () => {
  expect(() => render({ aspectRatio: 2, sigmaY: 7 })).toThrow(
    'gabor.aspectRatio: is given together with sigmaY; expected one of the two',
  );
});

test.each(['constructor', 'toString'])('the key %s is rejected as unknown', (key) => {
  expect(() => render({ [key]: 1 })).toThrow(InputError);
});

test('a sweep of the aspect ratio has default values and does not list sigmaY', () => {
  const axes = [{ parameter: 'aspectRatio', paths }];
  const sweep = planSweep({ stimulus: { gabor: { sigmaX: 5 } }, axes }, CANVAS);
  const { values } = sweep.axes[0]!;
  expect(values).toHaveLength(9);
  // Half octaves, rounded to four digits.
  for (const [i, value] of values.entries()) expect(value).toBeCloseTo(0.25 * 2 ** (i / 2), 3);
  expect(sweep.stimulus['gabor']).toMatchObject({ sigmaX: 5 });
  expect(sweep.stimulus['gabor']).not.toHaveProperty('sigmaY');
});
