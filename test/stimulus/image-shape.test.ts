import { expect, test } from 'vitest';
import { encodeNpy } from '../../src/formats/npy.js';
import { readImageStack } from '../../src/stimulus/image-shape.js';
import { decode, GRAY, rejection } from './request.js';

const MODEL = { height: 50, width: 50 };
const NPY = 'application/x-npy';

/** How a shape is read, for a model of 50x50 pixels or without one. */
function reading(shape: number[], target: typeof MODEL | undefined = MODEL): number[] {
  const { count, height, width } = readImageStack(shape, { ...target, channels: 1 });
  return [count, height, width];
}

function rejectionFor(shape: number[], target: typeof MODEL | undefined = MODEL): string {
  try {
    return `taken as ${reading(shape, target)}`;
  } catch (error) {
    return (error as Error).message;
  }
}

test('an axis of length 1 is the channel', () => {
  expect(reading([50, 50])).toEqual([1, 50, 50]);
  expect(reading([50, 50, 1])).toEqual([1, 50, 50]);
  expect(reading([1, 50, 50])).toEqual([1, 50, 50]);
  expect(reading([7, 50, 50, 1])).toEqual([7, 50, 50]);
  expect(reading([7, 1, 50, 50])).toEqual([7, 50, 50]);
  expect(reading([1, 1, 50, 50])).toEqual([1, 50, 50]);
  expect(reading([80, 60, 1], undefined)).toEqual([1, 80, 60]);
  expect(reading([7, 1, 80, 60], undefined)).toEqual([7, 80, 60]);
});

test('an axis of length 1 is height or width where the requested size says so', () => {
  expect(reading([7, 50, 1], { height: 50, width: 1 })).toEqual([7, 50, 1]);
  expect(reading([7, 1, 50, 1], { height: 1, width: 50 })).toEqual([7, 1, 50]);
  expect(reading([7, 1, 50, 1], { height: 50, width: 1 })).toEqual([7, 50, 1]);
  expect(reading([7, 1, 1, 50], { height: 1, width: 50 })).toEqual([7, 1, 50]);
});

test('a stack of the requested size is never read in another order', () => {
  expect(reading([50, 50, 50])).toEqual([50, 50, 50]);
  expect(reading([50, 50, 20], { height: 50, width: 20 })).toEqual([50, 50, 20]);
  expect(reading([50, 50, 3], { height: 50, width: 3 })).toEqual([50, 50, 3]);
  expect(reading([50, 50, 60, 1])).toEqual([50, 50, 60]);
});

test('the order of MATLAB is rejected with how to transpose it', () => {
  expect(rejectionFor([50, 50, 20])).toMatchInlineSnapshot(
    `"shape (50, 50, 20): this seems to be MATLAB's order (height, width, images); expected (images, height, width): transpose to (20, 50, 50), e.g. numpy.moveaxis(x, -1, 0). If they are 50 images of 50 x 20, send them as (50, 50, 20, 1)"`,
  );
  expect(rejectionFor([50, 50, 1, 20])).toMatchInlineSnapshot(
    `"shape (50, 50, 1, 20): this seems to be MATLAB's order (height, width, images); expected (images, height, width): transpose to (20, 50, 50, 1), e.g. numpy.moveaxis(x, -1, 0)"`,
  );
  const others = [
    rejectionFor([50, 50, 60]),
    rejectionFor([100, 100, 20]),
    rejectionFor([50, 50, 20], undefined),
    rejectionFor([40, 30, 5], { height: 40, width: 30 }),
  ];
  for (const other of others) expect(other).toContain("MATLAB's order");
});

test('shapes without gray images are rejected', () => {
  const shapes = [
    [],
    [50],
    [50, 50, 3],
    [7, 50, 50, 4],
    [7, 50, 50, 20],
    [2, 2, 2, 2, 2],
    [0, 50, 50],
  ];
  expect(shapes.map((shape) => rejectionFor(shape))).toMatchInlineSnapshot(`
    [
      "shape () is not (h, w), (h, w, 1), (n, h, w), (n, h, w, 1) or (n, 1, h, w)",
      "shape (50) is not (h, w), (h, w, 1), (n, h, w), (n, h, w, 1) or (n, 1, h, w)",
      "shape (50, 50, 3) ends in 3 channels; only gray is accepted: (h, w), (h, w, 1), (n, h, w), (n, h, w, 1) or (n, 1, h, w)",
      "shape (7, 50, 50, 4) ends in 4 channels; only gray is accepted: (h, w), (h, w, 1), (n, h, w), (n, h, w, 1) or (n, 1, h, w)",
      "shape (7, 50, 50, 20) is not (h, w), (h, w, 1), (n, h, w), (n, h, w, 1) or (n, 1, h, w)",
      "shape (2, 2, 2, 2, 2) is not (h, w), (h, w, 1), (n, h, w), (n, h, w, 1) or (n, 1, h, w)",
      "shape (0, 50, 50) has no pixels",
    ]
  `);
});

test('an axis of length 1 changes no pixel, and resizing does not hide a wrong order', async () => {
  for (const shape of [
    [6, 4, 1],
    [1, 1, 6, 4],
    [1, 6, 4, 1],
  ]) {
    const { stimuli, notes } = await decode(NPY, encodeNpy(GRAY, shape));
    expect(stimuli).toEqual({ count: 1, height: 6, width: 4, channels: 1, pixels: GRAY });
    expect(notes).toEqual([[]]);
  }
  const matlab = encodeNpy(new Uint8Array(6 * 4 * 5), [6, 4, 5]);
  for (const fit of ['none', 'resize', 'stretch', 'crop'] as const) {
    expect(await rejection(NPY, matlab, { fit })).toContain('transpose to (5, 6, 4)');
  }
});
