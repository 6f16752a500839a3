import { BACKGROUND, IMAGE_SIDE } from './images.js';
import type { ReceptiveField } from './truth.js';

/** A Gabor with its quadrature partner, cut out of the image where they are not near zero. */
export interface QuadraturePair {
  readonly left: number;
  readonly top: number;
  readonly width: number;
  readonly height: number;
  /** Weights of the cosine and the sine carrier, row-major, `height * width`. */
  readonly even: Float32Array;
  readonly odd: Float32Array;
}

/** Linear responses of a pair, 1 for an optimal grating of full contrast. */
export interface QuadratureResponse {
  readonly even: number;
  readonly odd: number;
}

/** Beyond this many sigma the envelope is taken as zero. */
const REACH = 3;

type Envelope = Pick<ReceptiveField, 'orientation' | 'spatialFrequency' | 'sigmaX' | 'sigmaY'>;

/**
 * A pair centred at x, y (pixels from the image centre, x right, y up). Neither filter sees the mean
 * luminance. Outside the image is background, so weights there are left out.
 */
export function createQuadraturePair(envelope: Envelope, x: number, y: number): QuadraturePair {
  const { orientation, spatialFrequency, sigmaX, sigmaY } = envelope;
  const cos = Math.cos((orientation * Math.PI) / 180);
  const sin = Math.sin((orientation * Math.PI) / 180);
  const cycle = 2 * Math.PI * spatialFrequency;
  const centre = (IMAGE_SIDE - 1) / 2;
  const radius = REACH * Math.max(sigmaX, sigmaY);
  const firstColumn = Math.ceil(centre + x - radius);
  const lastColumn = Math.floor(centre + x + radius);
  const firstRow = Math.ceil(centre - y - radius);
  const lastRow = Math.floor(centre - y + radius);

  const points = [];
  for (let row = firstRow; row <= lastRow; row++) {
    for (let column = firstColumn; column <= lastColumn; column++) {
      const dx = column - centre - x;
      const dy = centre - row - y;
      const across = -dx * sin + dy * cos;
      const along = dx * cos + dy * sin;
      const squared = (across / sigmaX) ** 2 + (along / sigmaY) ** 2;
      const weight = squared > REACH ** 2 ? 0 : Math.exp(-squared / 2);
      points.push({
        row,
        column,
        weight,
        c: Math.cos(cycle * across),
        s: Math.sin(cycle * across),
      });
    }
  }
  const total = sum(points, (p) => p.weight);
  const meanCos = sum(points, (p) => p.weight * p.c) / total;
  const meanSin = sum(points, (p) => p.weight * p.s) / total;
  const evenScale = 1 / (BACKGROUND * sum(points, (p) => p.weight * (p.c - meanCos) * p.c));
  const oddScale = 1 / (BACKGROUND * sum(points, (p) => p.weight * (p.s - meanSin) * p.s));

  const left = Math.max(0, firstColumn);
  const top = Math.max(0, firstRow);
  const width = Math.min(IMAGE_SIDE - 1, lastColumn) - left + 1;
  const height = Math.min(IMAGE_SIDE - 1, lastRow) - top + 1;
  const even = new Float32Array(width * height);
  const odd = new Float32Array(width * height);
  for (const { row, column, weight, c, s } of points) {
    if (row < top || row >= top + height || column < left || column >= left + width) continue;
    const at = (row - top) * width + column - left;
    even[at] = weight * (c - meanCos) * evenScale;
    odd[at] = weight * (s - meanSin) * oddScale;
  }
  return { left, top, width, height, even, odd };
}

/** @param image gray minus the background, 50x50 row-major */
export function quadratureResponse(pair: QuadraturePair, image: Float32Array): QuadratureResponse {
  const { left, top, width, height, even: evenWeights, odd: oddWeights } = pair;
  let even = 0;
  let odd = 0;
  for (let row = 0, at = 0; row < height; row++) {
    const start = (top + row) * IMAGE_SIDE + left;
    for (let pixel = start; pixel < start + width; pixel++, at++) {
      even += evenWeights[at]! * image[pixel]!;
      odd += oddWeights[at]! * image[pixel]!;
    }
  }
  return { even, odd };
}

function sum<T>(items: readonly T[], term: (item: T) => number): number {
  return items.reduce((total, item) => total + term(item), 0);
}
