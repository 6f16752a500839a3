import fc from 'fast-check';
import { expect, test } from 'vitest';
import { type Aperture, apertureCoverage } from '../../../src/stimulus/parametric/aperture.js';
import { between, greatestDifference } from '../../support/numbers.js';

const CANVAS = { height: 40, width: 48, background: 0.5 };
const PIXELS = CANVAS.height * CANVAS.width;
/** Sub-samples per side of a pixel. */
const SAMPLES = 64;

const radius = between(0.05, 18);
const offset = between(-6, 6);
const at = fc.record({ x: offset, y: offset });

function hard(diameter: number | null, innerDiameter = 0): Aperture {
  return { diameter, innerDiameter, edge: 'hard' };
}

function sum(values: ArrayLike<number>): number {
  return Array.from(values).reduce((total, value) => total + value, 0);
}

/** Counts the points of a fine grid that are inside. */
function supersampled({ diameter, innerDiameter }: Aperture, x: number, y: number): Float64Array {
  const [outer, inner] = [diameter! / 2, innerDiameter / 2];
  return Float64Array.from({ length: PIXELS }, (_, i) => {
    let inside = 0;
    for (let sample = 0; sample < SAMPLES ** 2; sample++) {
      const right = (i % 48) + ((sample % SAMPLES) + 0.5) / SAMPLES - 24 - x;
      const down = Math.floor(i / 48) + (Math.floor(sample / SAMPLES) + 0.5) / SAMPLES - 20 + y;
      const distance = Math.hypot(right, down);
      if (distance <= outer && distance >= inner) inside++;
    }
    return inside / SAMPLES ** 2;
  });
}

test('a disc anywhere in the image covers pi r^2 pixels', () => {
  fc.assert(
    fc.property(radius, at, (r, centre) => {
      fc.pre(Math.abs(centre.x) + r < 24 && Math.abs(centre.y) + r < 20);
      const area = sum(apertureCoverage(hard(2 * r), CANVAS, centre)!);
      expect(Math.abs(area - Math.PI * r * r)).toBeLessThan(1e-9);
    }),
  );
});

test('an annulus covers the area of its disc minus its hole', () => {
  fc.assert(
    fc.property(radius, radius, at, (r, other, centre) => {
      const [small, large] = [Math.min(r, other), Math.max(r, other)];
      fc.pre(small < large && Math.abs(centre.x) + large < 24 && Math.abs(centre.y) + large < 20);
      const area = sum(apertureCoverage(hard(2 * large, 2 * small), CANVAS, centre)!);
      expect(Math.abs(area - Math.PI * (large * large - small * small))).toBeLessThan(1e-9);
      const hole = apertureCoverage(hard(null, 2 * small), CANVAS, centre)!;
      expect(Math.abs(sum(hole) - (PIXELS - Math.PI * small * small))).toBeLessThan(1e-9);
    }),
  );
});

test.each([
  { aperture: hard(20), x: 0, y: 0 },
  { aperture: hard(13.3), x: 2.37, y: -1.81 },
  { aperture: hard(0.6), x: 0.1, y: 0.45 },
  { aperture: hard(1.9), x: 0.5, y: 0.5 },
  { aperture: hard(30, 12.5), x: -3.21, y: 4.9 },
])('a pixel at an edge has the covered share: $aperture at $x, $y', ({ aperture, x, y }) => {
  const coverage = apertureCoverage(aperture, CANVAS, { x, y })!;
  // An edge crosses at most about 64 * 1.2 of the 64 * 64 cells, half of which are counted wrong.
  const tolerance = 0.6 / SAMPLES;
  expect(greatestDifference(coverage, supersampled(aperture, x, y))).toBeLessThan(tolerance);
});

test('coverage is between 0 and 1 for any size and distance of the aperture', () => {
  const wide = between(1e-6, 5000);
  const far = between(-10_000, 10_000);
  fc.assert(
    fc.property(wide, far, far, fc.constantFrom('hard', 'cosine'), (r, x, y, edge) => {
      const all = apertureCoverage({ diameter: 2 * r, innerDiameter: r, edge }, CANVAS, { x, y })!;
      expect(Math.min(...all)).toBeGreaterThanOrEqual(0);
      expect(Math.max(...all)).toBeLessThanOrEqual(1);
    }),
  );
});

test.each([
  5000,
  500,
  // This radius nearly touches the edge of a pixel, where an arcsine has lost half its digits.
  500 * (1 + 10 ** -14.65),
])('the edge of a disc of radius %d is as exact as that of a small one', (radius) => {
  const coverage = apertureCoverage(hard(2 * radius), CANVAS, { x: -Math.floor(radius), y: 0 })!;
  // The arc passes the image centre; next to it, x = sqrt(r^2 - y^2) - r.
  for (const row of [0, 10, 19, 39]) {
    const y = 19.5 - row;
    let expected = 0;
    const steps = 1000;
    for (let i = 0; i < steps; i++) {
      const up = y - 0.5 + (i + 0.5) / steps;
      expected += (24 + Math.sqrt(radius ** 2 - up ** 2) - Math.floor(radius)) / steps;
    }
    const area = sum(coverage.subarray(row * 48, (row + 1) * 48));
    expect(Math.abs(area - expected)).toBeLessThan(1e-6);
  }
});

test('an aperture without limits covers everything', () => {
  expect(apertureCoverage(hard(null), CANVAS, { x: 0, y: 0 })).toBeNull();
});
