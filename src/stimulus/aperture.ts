/** A disc, or with an inner diameter an annulus; diameters in pixels, null = no outer limit. */
export interface Aperture {
  readonly diameter: number | null;
  readonly innerDiameter: number;
  readonly edge: 'hard' | 'cosine';
}

/** Sub-samples per side of a pixel on a hard edge. */
const SAMPLES = 8;
/** No point of a pixel is farther than this from its centre. */
const HALF_DIAGONAL = Math.SQRT1_2;
/** Share of the radius over which a raised-cosine edge falls off. */
const COSINE_SHARE = 0.25;

/**
 * How much of the pixel centred at (x, y), in pixels from the aperture's centre, shows the stimulus.
 * Hard edge: the share of the pixel's area inside, counted on 8 x 8 points. Cosine edge: 1 up to
 * three quarters of the radius, then a raised cosine down to 0 at the radius; the hole of an annulus
 * is made the same way and taken out.
 * @returns 0..1
 */
export function apertureCoverage(aperture: Aperture, x: number, y: number): number {
  const { diameter, innerDiameter, edge } = aperture;
  const disc = edge === 'hard' ? hardDisc : cosineDisc;
  const outer = diameter === null ? 1 : disc(diameter / 2, x, y);
  return innerDiameter === 0 ? outer : outer * (1 - disc(innerDiameter / 2, x, y));
}

function hardDisc(radius: number, x: number, y: number): number {
  const distance = Math.hypot(x, y);
  if (distance + HALF_DIAGONAL <= radius) return 1;
  if (distance - HALF_DIAGONAL >= radius) return 0;
  let inside = 0;
  for (let i = 0; i < SAMPLES; i++) {
    const dy = y + (i + 0.5) / SAMPLES - 0.5;
    for (let j = 0; j < SAMPLES; j++) {
      const dx = x + (j + 0.5) / SAMPLES - 0.5;
      if (dx * dx + dy * dy <= radius * radius) inside++;
    }
  }
  return inside / SAMPLES ** 2;
}

function cosineDisc(radius: number, x: number, y: number): number {
  const outward = 1 - Math.hypot(x, y) / radius;
  if (outward <= 0) return 0;
  if (outward >= COSINE_SHARE) return 1;
  return (1 - Math.cos((Math.PI * outward) / COSINE_SHARE)) / 2;
}
