import { z } from 'zod';
import { InputError } from '../errors.js';
import type { Steps } from './fits/least-squares.js';
import { fitPosition } from './fits/position.js';
import { positionIndices } from './position-indices.js';
import { CurveTuning } from './schemas.js';

/** The places of a map, in pixels from the image centre. */
export interface Places {
  /** The positions of the columns, ascending to the right. */
  readonly x: readonly number[];
  /** The positions of the rows, descending from the topmost row. */
  readonly y: readonly number[];
}

/** Mean responses by place, `[y, x]`, row by row. */
export interface PositionMaps {
  readonly map: Float64Array;
  /** Responses to stimuli brighter, and darker, than the background; null if there are no such stimuli. */
  readonly on: Float64Array | null;
  readonly off: Float64Array | null;
}

const PositionMap = z.array(z.array(z.number()));

/** One neuron's receptive field. */
export const ReceptiveField = z.strictObject({
  /** Mean response to the stimuli at each place: a list for each y, from the top. */
  map: PositionMap,
  /** Of an ensemble: the standard deviation of its members' maps, as `map`. */
  spread: PositionMap.optional(),
  on: PositionMap.optional(),
  off: PositionMap.optional(),
  /** The response to the blank image, of which nothing was subtracted. */
  blank: z.number(),
  peak: z.strictObject({ response: z.number(), x: z.number(), y: z.number() }),
  ...CurveTuning.shape,
});
export type ReceptiveField = z.infer<typeof ReceptiveField>;

/** Finds where a neuron responds most, fits a Gaussian to its map, and derives its centre and diameter. */
export function* receptiveField(
  { x, y }: Places,
  { map, on, off }: PositionMaps,
  blank: number,
): Steps<ReceptiveField> {
  const gaussian = yield* fitPosition(x, y, map);
  const best = map.reduce((top, value, i) => (value > map[top]! ? i : top), 0);
  const rows = (values: Float64Array) =>
    y.map((_, row) => Array.from(values.subarray(row * x.length, (row + 1) * x.length)));
  return {
    map: rows(map),
    ...(on ? { on: rows(on) } : {}),
    ...(off ? { off: rows(off) } : {}),
    blank,
    peak: { response: map[best]!, x: x[best % x.length]!, y: y[Math.floor(best / x.length)]! },
    fits: { gaussian },
    indices: positionIndices(gaussian),
  };
}

/**
 * Computes maps from the responses to one probe, presented at each place in several variants.
 * @param responses `[y, x, variants]`
 * @param signs `[variants]`: above 0 for stimuli brighter than the background, below 0 for darker ones, 0
 *   for both
 */
export function averageProbe(responses: Float64Array, signs: readonly number[]): PositionMaps {
  const mean = (counts: (sign: number) => boolean): Float64Array | null => {
    const chosen = [...signs.keys()].filter((i) => counts(signs[i]!));
    if (chosen.length === 0) return null;
    return Float64Array.from({ length: responses.length / signs.length }, (_, place) =>
      chosen.reduce((sum, i) => sum + responses[place * signs.length + i]! / chosen.length, 0),
    );
  };
  const map = mean(() => true);
  if (map === null) throw new Error('a probe without variants');
  return { map, on: mean((sign) => sign > 0), off: mean((sign) => sign < 0) };
}

/**
 * Computes maps from sparse noise, by reverse correlation: the mean response to the frames that have any
 * square, a bright square or a dark square at a place.
 * @param frames `[frames, places]`: 1 bright, -1 dark, 0 nothing there
 * @param responses `[frames]`
 * @throws InputError when no frame has a square at a place
 */
export function averageNoise(frames: Int8Array, responses: Float64Array): PositionMaps {
  const places = frames.length / responses.length;
  const mean = (counts: (sign: number) => boolean) => {
    const sums = new Float64Array(places);
    const presented = new Int32Array(places);
    for (let i = 0; i < frames.length; i += 1) {
      if (!counts(frames[i]!)) continue;
      sums[i % places]! += responses[Math.floor(i / places)]!;
      presented[i % places]! += 1;
    }
    if (presented.every((count) => count === 0)) return null;
    const never = presented.indexOf(0);
    if (never < 0) return sums.map((sum, place) => sum / presented[place]!);
    const message = `place ${never} of ${places} was never presented; more frames are needed`;
    throw new InputError(message, [{ path: 'stimulus.sparseNoise.frames', message }]);
  };
  const map = mean((sign) => sign !== 0);
  if (map === null) throw new Error('sparse noise without squares');
  return { map, on: mean((sign) => sign > 0), off: mean((sign) => sign < 0) };
}
