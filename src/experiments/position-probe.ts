import { z } from 'zod';
import { defaultValues } from '../stimulus/default-values.js';
import { errorAt } from '../stimulus/errors.js';
import { type Entry, parseParametric } from '../stimulus/parametric/entry.js';
import { largestContrast } from '../stimulus/parametric/paint.js';
import { noiseGrid } from '../stimulus/parametric/sparse-noise.js';
import type { Canvas, StimulusImage } from '../stimulus/stimuli.js';
import {
  type AxisRequest,
  planSweep,
  type Sweep,
  stimulusFields,
  sweepable,
  sweepShading,
} from '../stimulus/sweep.js';
import {
  averageNoise,
  averageProbe,
  type Places,
  type PositionMaps,
} from '../tuning/receptive-field.js';
import { Neurons } from './neurons.js';

/** The largest number of positions along one axis, and of the whole map. */
const MAX_VALUES = 200;
const MAX_PLACES = 2500;
/** With this many frames, the default noise has a square at each place about a hundred times. */
const NOISE_FRAMES = 2000;
/**
 * Sizes of the small probes, as shares of the image's shorter side. A grating is larger, so that part of a
 * cycle fits into it.
 */
const SIZES = {
  disc: { diameter: 0.1 },
  grating: { diameter: 0.16 },
  gabor: { sigmaX: 0.1, sigmaY: 0.1 },
  bar: {},
};

const PROBES = ['disc', 'grating', 'gabor', 'bar'] as const;
const ORIENTATIONS = [0, 45, 90, 135];
const PHASES = [0, 90, 180, 270];

const Positions = z.array(z.number()).min(2).max(MAX_VALUES).optional();

/** A request for receptive fields; `{}` is a whole experiment. */
export const ReceptiveFieldRequest = z.strictObject({
  stimulus: z
    .record(z.string(), z.unknown())
    .default({ disc: {} })
    .describe('a small disc, grating, gabor or bar, or sparseNoise'),
  x: Positions.describe('where, by default 21 places over the whole image'),
  y: Positions,
  neurons: Neurons,
});
export type ReceptiveFieldRequest = z.infer<typeof ReceptiveFieldRequest>;

/** Stimuli that map positions. */
export interface PositionProbe extends Places {
  /** The unit of the positions. */
  readonly unit: string;
  readonly sweep: Sweep;
  /** Computes the maps of one neuron from its responses. */
  readonly maps: (responses: Float64Array) => PositionMaps;
}

/**
 * Plans the stimuli that map a receptive field. Responses are averaged over 4 orientations, 4 phases, and bright
 * and dark, as far as the request does not set these.
 * @throws InputError where the stimulus or a position does not exist
 */
export function planProbe(request: ReceptiveFieldRequest, canvas: Canvas): PositionProbe {
  if ('sparseNoise' in request.stimulus) return planNoise(request, canvas);
  const kind = PROBES.find((name) => name in request.stimulus);
  if (kind !== undefined) return planPlaces(request, kind, canvas);
  throw errorAt('stimulus', `one of ${PROBES.join(', ')} and sparseNoise is expected`);
}

function planPlaces(
  request: ReceptiveFieldRequest,
  kind: (typeof PROBES)[number],
  canvas: Canvas,
): PositionProbe {
  const given = stimulusFields(request.stimulus, kind);
  const free = sweepable(kind).filter((name) => given[name] === undefined);
  const scale = pixelsPerUnit(request.stimulus, canvas);
  const { x, y } = listPlaces(request, canvas, scale);
  const signed = kind === 'disc' || kind === 'bar';
  const contrast = largestContrast(sweepShading(request.stimulus, canvas));
  const variants = [
    ...(free.includes('orientation') ? [axis('orientation', ORIENTATIONS)] : []),
    ...(signed && free.includes('contrast') ? [axis('contrast', [contrast, -contrast])] : []),
    ...(free.includes('phase') ? [axis('phase', PHASES)] : []),
  ];
  const side = Math.min(canvas.height, canvas.width) / scale;
  const small = Object.fromEntries(
    Object.entries(SIZES[kind]).map(([name, share]) => [name, share * side]),
  );
  const stimulus = { ...request.stimulus, [kind]: { ...small, ...given } };
  const sweep = planSweep({ stimulus, axes: [axis('y', y), axis('x', x), ...variants] }, canvas);
  const signs = Array.from({ length: sweep.count / (x.length * y.length) }, (_, i) => {
    return signed ? Math.sign(sweep.labels(i)['contrast'] ?? Number(given['contrast'])) : 0;
  });
  const unit = lengthUnit(request.stimulus);
  return { x, y, unit, sweep, maps: (responses) => averageProbe(responses, signs) };
}

function planNoise({ stimulus, x, y }: ReceptiveFieldRequest, canvas: Canvas): PositionProbe {
  if (x !== undefined || y !== undefined) {
    const path = x === undefined ? 'y' : 'x';
    throw errorAt(path, 'the places of sparseNoise follow from the size of its squares');
  }
  const given = stimulusFields(stimulus, 'sparseNoise');
  const entry = { ...stimulus, sparseNoise: { frames: NOISE_FRAMES, ...given } };
  const { parameters } = parseParametric('sparseNoise', entry, 'stimulus', canvas.pixelsPerDegree);
  const sweep = planSweep({ stimulus: entry, axes: [] }, canvas);
  const { rows, columns, top, left } = noiseGrid(parameters.size, canvas);
  const scale = pixelsPerUnit(stimulus, canvas);
  const middle = (first: number, i: number, length: number) =>
    (first + (i + 0.5) * parameters.size - length / 2) / scale;
  const frames = new Int8Array(sweep.count * rows * columns);
  /** Keeps the sign of the first pixel of each place. */
  const { channel, sign } = sweepShading(stimulus, canvas).strongest;
  const note = ({ pixels, width, channels }: StimulusImage, frame: number) => {
    for (let place = 0; place < rows * columns; place++) {
      const row = top + Math.floor(place / columns) * parameters.size;
      const column = left + (place % columns) * parameters.size;
      const value = pixels[(row * width + column) * channels + channel]!;
      const difference = value - Math.fround(canvas.background);
      frames[frame * rows * columns + place] = sign * Math.sign(difference);
    }
  };
  return {
    x: Array.from({ length: columns }, (_, i) => middle(left, i, canvas.width)),
    y: Array.from({ length: rows }, (_, i) => -middle(top, i, canvas.height)),
    unit: lengthUnit(stimulus),
    sweep: {
      ...sweep,
      paint: function* () {
        let frame = 0;
        for (const painted of sweep.paint()) {
          note(painted.image, frame++);
          yield painted;
        }
      },
    },
    maps: (responses) => averageNoise(frames, responses),
  };
}

function listPlaces(request: ReceptiveFieldRequest, canvas: Canvas, scale: number): Places {
  const along = (name: 'x' | 'y') =>
    request[name] ?? defaultValues(name, canvas)!.map((value) => value / scale);
  const x = along('x').toSorted((a, b) => a - b);
  const y = along('y').toSorted((a, b) => b - a);
  const count = x.length * y.length;
  if (count > MAX_PLACES) {
    throw errorAt('x', `too many places: ${count}; expected at most ${MAX_PLACES}`);
  }
  return { x, y };
}

/** The number of pixels in the unit of lengths. */
function pixelsPerUnit({ units }: Entry, { pixelsPerDegree }: Canvas): number {
  return units === 'degrees' ? (pixelsPerDegree ?? 1) : 1;
}

function lengthUnit({ units }: Entry): string {
  return units === 'degrees' ? 'degrees of visual angle' : 'pixels';
}

function axis(parameter: string, values: readonly number[]): AxisRequest {
  return { parameter, values, paths: { parameter, values: parameter } };
}
