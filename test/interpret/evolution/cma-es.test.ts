import { expect, test } from 'vitest';
import { createCmaEs } from '../../../src/interpret/evolution/cma-es.js';
import { cosineBasis } from '../../../src/interpret/evolution/cosine-basis.js';
import { symmetricEigen } from '../../../src/interpret/evolution/eigen.js';
import { randomStream } from '../../../src/network/random.js';

const SIZE = 8;

/** Rows that are orthogonal and have a norm of 1, drawn at random (Gram-Schmidt). */
function randomRotation(size: number): Float64Array[] {
  const random = randomStream(3, 'rotation');
  const rows: Float64Array[] = [];
  while (rows.length < size) {
    const row = Float64Array.from({ length: size }, () => random.normal());
    for (const other of rows) {
      const along = row.reduce((sum, value, i) => sum + value * other[i]!, 0);
      for (let i = 0; i < size; i++) row[i]! -= along * other[i]!;
    }
    const norm = Math.hypot(...row);
    rows.push(row.map((value) => value / norm));
  }
  return rows;
}

const ROTATION = randomRotation(SIZE);
const axes = (x: Float64Array) =>
  ROTATION.map((row) => row.reduce((sum, value, i) => sum + value * x[i]!, 0));

test('the eigenvectors of a rotated ellipsoid are its axes', () => {
  const matrix = new Float64Array(SIZE * SIZE);
  for (let i = 0; i < matrix.length; i++) {
    const [row, column] = [Math.floor(i / SIZE), i % SIZE];
    matrix[i] = ROTATION.reduce((sum, axis, k) => sum + (k + 1) * axis[row]! * axis[column]!, 0);
  }
  const { values, vectors } = symmetricEigen(matrix, SIZE);
  expect([...values].toSorted((a, b) => a - b)).toEqual(
    [1, 2, 3, 4, 5, 6, 7, 8].map((value) => expect.closeTo(value, 10)),
  );
  for (const [k, value] of values.entries()) {
    const vector = Float64Array.from({ length: SIZE }, (_, i) => vectors[i * SIZE + k]!);
    const share = Math.abs(axes(vector)[Math.round(value) - 1]!);
    expect(share).toBeCloseTo(1, 10);
  }
});

/** Largest, 0, at 1 in each coordinate; its widths are up to 1000 times as large as the smallest. */
const ELLIPSOID = (x: Float64Array) =>
  -axes(x.map((value) => value - 1)).reduce(
    (sum, along, k) => sum + 10 ** ((6 * k) / (SIZE - 1)) * along ** 2,
    0,
  );
/** Rosenbrock's valley, largest, 0, at 1 in each coordinate. */
const VALLEY = (x: Float64Array) =>
  -x
    .subarray(1)
    .reduce((sum, next, i) => sum + 100 * (next - x[i]! ** 2) ** 2 + (1 - x[i]!) ** 2, 0);

// Without the update of rank mu, 450 generations are too few for the ellipsoid.
test.each([
  ['a rotated ellipsoid', ELLIPSOID, 450],
  ["Rosenbrock's valley", VALLEY, 700],
])('the largest value of %s is found', (_, value, generations) => {
  const random = randomStream(1, 'search');
  const search = createCmaEs({ start: new Float64Array(SIZE), sigma: 0.5, random });
  expect(search.population).toBe(10);
  for (let i = 0; i < generations; i++) search.tell(search.ask().map(value));
  for (const coordinate of search.mean) expect(coordinate).toBeCloseTo(1, 4);
});

test('the patterns of a basis are orthogonal and have a norm of 1', () => {
  const basis = cosineBasis({ height: 9, width: 12 }, 4);
  expect(basis.count).toBe(16);
  const patterns = Array.from({ length: 16 }, (_, i) =>
    basis.combine(Float64Array.from({ length: 16 }, (__, j) => (i === j ? 1 : 0))),
  );
  for (const [i, a] of patterns.entries()) {
    for (const [j, b] of patterns.entries()) {
      const product = a.reduce((sum, value, at) => sum + value * b[at]!, 0);
      expect(product).toBeCloseTo(i === j ? 1 : 0, 5);
    }
  }
});
