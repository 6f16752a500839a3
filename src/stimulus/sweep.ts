import { z } from 'zod';
import { InputError } from '../errors.js';
import { nearestName } from '../formats/nearest-name.js';
import { COLOUR_ANGLES, type Colour } from './colour/colour.js';
import { createShading, type Shading } from './colour/shading.js';
import { defaultValues } from './default-values.js';
import { errorAt } from './errors.js';
import { type Entry, parseColour, parseParametric, within } from './parametric/entry.js';
import { isKind, type Kind, prepare, SCHEMAS } from './parametric/kinds.js';
import { largestContrast } from './parametric/paint.js';
import { replacedFields } from './parametric/replacing.js';
import { type Canvas, type Stimuli, type StimulusImage, stimulusAt } from './stimuli.js';

/** A parameter that takes several values. */
export interface Axis {
  readonly parameter: string;
  readonly values: readonly number[];
}

/** A parameter to be swept, by default at its default values. */
export interface AxisRequest {
  readonly parameter: string;
  readonly values?: readonly number[] | undefined;
  /** The paths of the parameter and its values in the request. */
  readonly paths: { readonly parameter: string; readonly values: string };
}

export interface SweepRequest {
  /** The stimulus as a client describes it, `{"grating": {...}}`, without the swept parameters. */
  readonly stimulus: Entry;
  /** The last varies fastest. */
  readonly axes: readonly AxisRequest[];
  /** The parameter to average over; by default the phase, if the stimulus has one and none is given. */
  readonly averaged?: Axis | undefined;
}

/** Stimuli at every combination of some parameters. */
export interface Sweep {
  readonly kind: Kind;
  /** The fixed parameters, with their defaults. */
  readonly stimulus: Entry;
  readonly axes: readonly (Axis & { readonly unit: string })[];
  /** The parameter to average responses over, `frame` in a sequence; it varies fastest. */
  readonly averaged: Axis | undefined;
  /** The number of stimuli. */
  readonly count: number;
  /** Returns the values of the varying parameters for stimulus `index`. */
  readonly labels: (index: number) => Record<string, number>;
  /** Renders the stimuli in order. @throws InputError if one cannot be rendered */
  readonly paint: () => Generator<{ readonly image: StimulusImage; readonly notes: string[] }>;
}

/** The path of the stimulus in the request. */
const STIMULUS = 'stimulus';
/** The number of frames and the random seed have no tuning. */
const NOT_SWEPT = ['frames', 'seed'];

/**
 * Plans a sweep without rendering anything.
 * @throws InputError if the stimulus, a parameter or a value does not exist
 */
export function planSweep(request: SweepRequest, canvas: Canvas): Sweep {
  const kind = stimulusKind(request.stimulus);
  const given = stimulusFields(request.stimulus, kind);
  const degrees = request.stimulus['units'] === 'degrees';
  const isTurned = request.axes.some(({ parameter }) => parameter in COLOUR_ANGLES);
  const shading = sweepShading(request.stimulus, canvas, isTurned ? DKL : undefined);
  const about = { ...canvas, background: shading.background };
  const axes = request.axes.map((axis) => settle(axis, kind, about, degrees));
  const names = axes.map(({ parameter }) => parameter);
  const phases = request.averaged ?? sweptPhases(kind, [...names, ...Object.keys(given)], canvas);
  const varied = phases ? [...axes, phases] : axes;
  const full = 'contrast' in SCHEMAS[kind].shape && given['contrast'] === undefined;
  const fixed = full ? { contrast: largestContrast(about), ...given } : given;
  const parse = (values: Readonly<Record<string, number>>) => {
    const own = Object.entries(values).filter(([name]) => !(name in COLOUR_ANGLES));
    const entry = {
      ...withAngles(request.stimulus, values),
      [kind]: { ...fixed, ...Object.fromEntries(own) },
    };
    return parseParametric(kind, entry, STIMULUS, canvas.pixelsPerDegree);
  };
  const first = combination(varied, 0);
  for (const [a, { parameter, values }] of axes.entries()) {
    const path = within(within(STIMULUS, parameter in COLOUR_ANGLES ? 'colour' : kind), parameter);
    for (const [i, value] of values.entries()) {
      const to = `${request.axes[a]!.paths.values}[${i}]`;
      relocateError(path, to, () => parse({ [parameter]: value }));
    }
  }
  const { parameters } = parse(first);
  const frames = 'frames' in parameters ? parameters.frames : undefined;
  const each = frames ?? 1;
  const combinations = varied.reduce((product, { values }) => product * values.length, 1);
  // Defaults are in pixels, so with lengths in degrees only the given parameters are listed.
  const listed = Object.entries(degrees ? given : parameters);
  const named = Object.keys({ ...given, ...first });
  const replaced = replacedFields(SCHEMAS[kind].shape, named).map(({ name }) => name);
  const isListed = (name: string) => !(name in first) && !replaced.includes(name);
  const { [kind]: _, ...rest } = request.stimulus;
  return {
    kind,
    stimulus: { [kind]: Object.fromEntries(listed.filter(([name]) => isListed(name))), ...rest },
    axes: axes.map((axis) => ({ ...axis, unit: parameterUnit(kind, axis.parameter, degrees) })),
    averaged: phases ?? countFrames(frames),
    count: combinations * each,
    labels: (index) => ({
      ...combination(varied, Math.floor(index / each)),
      ...(frames === undefined ? {} : { frame: index % each }),
    }),
    paint: function* () {
      for (let i = 0; i < combinations; i++) {
        const values = combination(varied, i);
        const locate = <T>(task: () => T) => locateError(kind, values, task);
        const prepared = locate(() => prepare(parse(values), canvas));
        for (let frame = 0; frame < prepared.frames; frame++) {
          yield locate(() => prepared.paint(frame));
        }
      }
    },
  };
}

/** Returns the values of combination `index`; the last axis varies fastest. */
function combination(axes: readonly Axis[], index: number): Record<string, number> {
  let rest = index;
  const entries = axes.toReversed().map(({ parameter, values }) => {
    const value = values[rest % values.length]!;
    rest = Math.floor(rest / values.length);
    return [parameter, value] as const;
  });
  return Object.fromEntries(entries.toReversed());
}

/** Stimuli of a sweep, beginning with number `from`. */
export interface Slice {
  readonly from: number;
  readonly stimuli: Stimuli;
  /** The notes on each stimulus. */
  readonly notes: readonly (readonly string[])[];
}

/**
 * Renders a sweep slice by slice, so that the whole sweep is never in memory.
 * @param length the number of stimuli in a slice
 * @param yieldAfter called after each stimulus, to let other work run
 */
export async function* renderSlices(
  { count, paint }: Pick<Sweep, 'count' | 'paint'>,
  { height, width, channels }: Canvas,
  length: number,
  yieldAfter: (size: { height: number; width: number }) => Promise<void>,
): AsyncGenerator<Slice> {
  const painted = paint();
  for (let from = 0; from < count; from += length) {
    const size = Math.min(length, count - from);
    const pixels = new Float32Array(size * height * width * channels);
    const stimuli = { count: size, height, width, channels, pixels };
    const notes: string[][] = [];
    while (notes.length < size) {
      const next = painted.next();
      if (next.done) throw new Error(`a sweep ended before its ${count} stimuli`);
      stimulusAt(stimuli, notes.length).pixels.set(next.value.image.pixels);
      notes.push(next.value.notes);
      await yieldAfter(stimuli);
    }
    yield { from, stimuli, notes };
  }
}

/** Lists the parameters of a kind that can be swept. */
export function sweepable(kind: Kind): string[] {
  return Object.entries<z.ZodType>(SCHEMAS[kind].shape).flatMap(([name, field]) => {
    const takesNumbers = [0.1, 1, 20].some((value) => field.safeParse(value).success);
    return takesNumbers && !NOT_SWEPT.includes(name) ? [name] : [];
  });
}

/** Any direction in DKL: all of them have the same contrasts. */
const DKL = { space: 'dkl', azimuth: 0, elevation: 0 } as const;

/**
 * Prepares the colour of a swept stimulus.
 * @param turned the colour where its angles are swept
 * @throws InputError naming the colour, if the canvas cannot show it
 */
export function sweepShading(stimulus: Entry, canvas: Canvas, turned?: Colour): Shading {
  const colour = turned ?? parseColour(stimulus, STIMULUS);
  try {
    return createShading(colour, canvas);
  } catch (error) {
    throw error instanceof InputError ? errorAt(within(STIMULUS, 'colour'), error.message) : error;
  }
}

/** Lists the parameters of a kind that can be swept, with the angles of its colour. */
export function sweptNames(kind: Kind): string[] {
  return [...sweepable(kind), ...Object.keys(COLOUR_ANGLES)];
}

/** Adds the angles among some values to the colour of a stimulus. @throws InputError for a colour in RGB */
function withAngles(stimulus: Entry, values: Readonly<Record<string, number>>): Entry {
  const angles = Object.entries(values).filter(([name]) => name in COLOUR_ANGLES);
  if (angles.length === 0) return stimulus;
  const given = z.record(z.string(), z.unknown()).safeParse(stimulus['colour']).data ?? {};
  if ('space' in given && given['space'] !== 'dkl') {
    const names = angles.map(([name]) => name).join(', ');
    throw errorAt(
      within(STIMULUS, 'colour'),
      `${names} is an angle in dkl; expected a colour in dkl`,
    );
  }
  return { ...stimulus, colour: { ...given, space: 'dkl', ...Object.fromEntries(angles) } };
}

function stimulusKind(stimulus: Entry): Kind {
  const kind = Object.keys(stimulus).find(isKind);
  if (kind !== undefined) return kind;
  const kinds = Object.keys(SCHEMAS).join(', ');
  throw errorAt(STIMULUS, `one of ${kinds} is expected, such as {"grating": {...}}`);
}

/** Returns the unparsed parameters in the entry of a stimulus. @throws InputError if there are none */
export function stimulusFields(stimulus: Entry, kind: Kind): Readonly<Record<string, unknown>> {
  const fields = z.record(z.string(), z.unknown()).safeParse(stimulus[kind]);
  if (fields.success) return fields.data;
  throw errorAt(within(STIMULUS, kind), 'an object with parameters is expected');
}

function settle(
  { parameter, values, paths }: AxisRequest,
  kind: Kind,
  canvas: Canvas,
  degrees: boolean,
): Axis {
  const names = sweptNames(kind);
  if (!names.includes(parameter)) {
    const near = nearestName(parameter, names);
    const hint = near === undefined ? '' : `; did you mean ${near}?`;
    throw errorAt(
      paths.parameter,
      `${kind} has no ${JSON.stringify(parameter)}; expected one of ${names.join(', ')}${hint}`,
    );
  }
  if (values) return { parameter, values };
  const defaults = defaultValues(parameter, canvas);
  if (!defaults) throw errorAt(paths.values, `${parameter} has no default values; give some`);
  const scale = degrees ? canvas.pixelsPerDegree : undefined;
  if (scale === undefined) return { parameter, values: defaults };
  const factors: Record<string, number> = { pixels: 1 / scale, 'cycles/pixel': scale };
  const factor = factors[parameterUnit(kind, parameter, false)] ?? 1;
  return { parameter, values: defaults.map((value) => value * factor) };
}

/** Returns the phases to average over, unless the phase is given or swept, or there is none. */
function sweptPhases(kind: Kind, settled: readonly string[], canvas: Canvas): Axis | undefined {
  const hasPhase = 'phase' in SCHEMAS[kind].shape && !('frames' in SCHEMAS[kind].shape);
  if (!hasPhase || settled.includes('phase')) return undefined;
  return { parameter: 'phase', values: defaultValues('phase', canvas)! };
}

function countFrames(frames: number | undefined): Axis | undefined {
  if (frames === undefined) return undefined;
  return { parameter: 'frame', values: Array.from({ length: frames }, (_, i) => i) };
}

function parameterUnit(kind: Kind, parameter: string, degrees: boolean): string {
  if (parameter in COLOUR_ANGLES) return 'degrees';
  const fields = new Map(Object.entries<z.ZodType>(SCHEMAS[kind].shape));
  const field = fields.get(parameter);
  const unit = (field && z.globalRegistry.get(field)?.['unit']) ?? '1';
  if (degrees && unit === 'pixels') return 'degrees of visual angle';
  return degrees && unit === 'cycles/pixel' ? 'cycles/degree' : String(unit);
}

/** Moves the error of a task from one path to another. */
function relocateError(path: string, to: string, task: () => unknown): void {
  try {
    task();
  } catch (error) {
    if (!(error instanceof InputError) || error.problems[0]?.path !== path) throw error;
    throw errorAt(to, error.problems[0].message);
  }
}

/** Adds the stimulus of the sweep to the error of a task. */
function locateError<T>(kind: Kind, values: Readonly<Record<string, number>>, task: () => T): T {
  try {
    return task();
  } catch (error) {
    if (!(error instanceof InputError) || error.problems.length > 0) throw error;
    const which = Object.entries(values).map(([name, value]) => `${name} ${value}`);
    throw errorAt(within(STIMULUS, kind), `at ${which.join(', ')}: ${error.message}`);
  }
}
