import type { RandomStream } from '../../src/network/random.js';
import { FIELD_SIDE, type NoiseFields } from './noise-field.js';

/** How one scene of leaves is made. Lengths in pixels of the canvas. */
export interface Scene {
  readonly leaves: number;
  readonly smallestRadius: number;
  readonly largestRadius: number;
  /** Share of leaves that are polygons; the others are ellipses. */
  readonly polygons: number;
  /** Share of leaves that carry stripes. */
  readonly striped: number;
  /** Standard deviation of the noise on a leaf, where that between leaves is 1. */
  readonly texture: number;
}

/** A polygon's corners are cut at this many times its inscribed ellipse. */
const POLYGON_REACH = 1.6;

interface Leaf {
  readonly x: number;
  readonly y: number;
  /** Half-axes, along and across the leaf's direction. */
  readonly along: number;
  readonly across: number;
  readonly cos: number;
  readonly sin: number;
  /** Normals of a polygon's sides in the leaf's own coordinates, as cos, sin pairs; none: ellipse. */
  readonly sides: readonly number[];
  readonly gray: number;
  readonly shading: number;
  readonly stripeContrast: number;
  /** Radians per pixel across the leaf, and at its centre. */
  readonly stripeFrequency: number;
  readonly stripePhase: number;
  readonly textureOffset: number;
}

/**
 * Paints occluding leaves with radii distributed as r^-3 over a textured background: the scale
 * invariance and the edges of natural scenes (Lee, Mumford and Huang 2001).
 * @param canvas row-major, `side * side` values, overwritten; about mean 0 and variance 1
 */
export function paintDeadLeaves(
  canvas: Float64Array,
  side: number,
  scene: Scene,
  noise: NoiseFields,
  random: RandomStream,
): void {
  for (let y = 0; y < side; y++) {
    for (let x = 0; x < side; x++) canvas[y * side + x] = noise.first[fieldIndex(x, y, 0)]!;
  }
  for (let i = 0; i < scene.leaves; i++) {
    paintLeaf(canvas, side, drawLeaf(side, scene, random), scene.texture, noise.second);
  }
}

function drawLeaf(side: number, scene: Scene, random: RandomStream): Leaf {
  // inverse of the distribution function of r^-3 between the two radii
  const near = scene.smallestRadius ** -2;
  const far = scene.largestRadius ** -2;
  const radius = (near + random.uniform() * (far - near)) ** -0.5;
  const stretch = 1 + 1.5 * random.uniform() ** 2;
  const direction = 2 * Math.PI * random.uniform();
  const sides = random.uniform() < scene.polygons ? drawSides(random) : [];
  const isStriped = random.uniform() < scene.striped;
  return {
    x: (random.uniform() * 1.2 - 0.1) * side,
    y: (random.uniform() * 1.2 - 0.1) * side,
    along: radius * stretch,
    across: radius / stretch,
    cos: Math.cos(direction),
    sin: Math.sin(direction),
    sides,
    gray: random.normal(),
    shading: 0.5 * random.normal(),
    stripeContrast: isStriped ? 0.4 + 0.8 * random.uniform() : 0,
    stripeFrequency: 2 * Math.PI * (0.025 + 0.1 * random.uniform()),
    stripePhase: 2 * Math.PI * random.uniform(),
    textureOffset: random.integer(FIELD_SIDE * FIELD_SIDE),
  };
}

/** Three to six sides at jittered angles, all at distance 1 from the centre. */
function drawSides(random: RandomStream): number[] {
  const count = 3 + random.integer(4);
  return Array.from({ length: count }, (_, i) => {
    const angle = (2 * Math.PI * (i + 0.5 * random.uniform())) / count;
    return [Math.cos(angle), Math.sin(angle)];
  }).flat();
}

function paintLeaf(
  canvas: Float64Array,
  side: number,
  leaf: Leaf,
  texture: number,
  noise: Float64Array,
): void {
  const reach = leaf.sides.length > 0 ? POLYGON_REACH : 1;
  const reachX = reach * Math.hypot(leaf.along * leaf.cos, leaf.across * leaf.sin);
  const reachY = reach * Math.hypot(leaf.along * leaf.sin, leaf.across * leaf.cos);
  const left = Math.max(0, Math.ceil(leaf.x - reachX));
  const right = Math.min(side - 1, Math.floor(leaf.x + reachX));
  const top = Math.max(0, Math.ceil(leaf.y - reachY));
  const bottom = Math.min(side - 1, Math.floor(leaf.y + reachY));
  for (let y = top; y <= bottom; y++) {
    for (let x = left; x <= right; x++) {
      const u = ((x - leaf.x) * leaf.cos + (y - leaf.y) * leaf.sin) / leaf.along;
      const v = ((y - leaf.y) * leaf.cos - (x - leaf.x) * leaf.sin) / leaf.across;
      if (!isInside(leaf.sides, u, v)) continue;
      let gray = leaf.gray + leaf.shading * u;
      gray += texture * noise[fieldIndex(x, y, leaf.textureOffset)]!;
      if (leaf.stripeContrast > 0) {
        const phase = leaf.stripeFrequency * v * leaf.across + leaf.stripePhase;
        gray += leaf.stripeContrast * Math.cos(phase);
      }
      canvas[y * side + x] = gray;
    }
  }
}

/** u, v in units of the leaf's half-axes; every polygon holds the ellipse. */
function isInside(sides: readonly number[], u: number, v: number): boolean {
  const squared = u * u + v * v;
  if (squared <= 1) return true;
  if (sides.length === 0 || squared > POLYGON_REACH ** 2) return false;
  for (let i = 0; i < sides.length; i += 2) {
    if (u * sides[i]! + v * sides[i + 1]! > 1) return false;
  }
  return true;
}

// the field is periodic, and its side a power of two
const WITHIN_SIDE = FIELD_SIDE - 1;
const WITHIN_FIELD = FIELD_SIDE * FIELD_SIDE - 1;
const ROW_BITS = Math.log2(FIELD_SIDE);

function fieldIndex(x: number, y: number, offset: number): number {
  return ((y << ROW_BITS) + (x & WITHIN_SIDE) + offset) & WITHIN_FIELD;
}
