import { z } from 'zod';
import { contrast } from './dimensions/contrast.js';
import type { IndexLabel } from './dimensions/dimension.js';
import { orientation } from './dimensions/orientation.js';
import { phase } from './dimensions/phase.js';
import { size } from './dimensions/size.js';
import { spatialFrequency } from './dimensions/spatial-frequency.js';
import { ratioIndex, type Undefined } from './indices.js';
import type { NeuronTuning } from './parametric.js';
import { POSITION_INDICES } from './position-indices.js';
import { FALLBACKS } from './preferred.js';
import type { ReceptiveField } from './receptive-field.js';
import { Index } from './schemas.js';

/** What of the preferred stimulus is no fit's but the largest response's, or no neuron's. */
export const Fallback = z.enum(FALLBACKS);

/** The measurements of a characterization, by stage. */
export interface Measurements {
  readonly field: ReceptiveField;
  /** Orientation by spatial frequency. */
  readonly grating: NeuronTuning;
  /** The fixed parameters of the gratings of that stage: position, diameter and contrast. */
  readonly gratingAt: Readonly<Record<string, number>>;
  readonly size: NeuronTuning;
  readonly contrast: NeuronTuning;
  /** Tuning to the orientation of the surround; the first orientation is that of the centre. */
  readonly surround: NeuronTuning;
}

/** The unit of each of a neuron's characteristics, in their order. */
export const CHARACTERISTICS = {
  centreX: POSITION_INDICES.centreX.unit,
  centreY: POSITION_INDICES.centreY.unit,
  receptiveFieldDiameter: POSITION_INDICES.diameter.unit,
  ...pickUnits(orientation.indices),
  ...pickUnits(spatialFrequency.indices),
  ...pickUnits(phase.indices),
  ...pickUnits(size.indices),
  ...pickUnits(contrast.indices),
  surroundSuppression: '1',
  crossSurroundSuppression: '1',
} as const;
export type Characteristic = keyof typeof CHARACTERISTICS;
export const NAMES = Object.keys(CHARACTERISTICS) as readonly Characteristic[];

/** The characteristics of one neuron. */
export const Characteristics = z.record(z.enum(NAMES), Index);
export type Characteristics = z.infer<typeof Characteristics>;

/** Derives all characteristics of a neuron; undefined ones have a reason. */
export function characteristics(measurements: Measurements): Characteristics {
  const { field, grating, gratingAt, size, contrast, surround } = measurements;
  const modulation = grating.indices['F1F0'];
  const all: Record<string, Index | undefined> = {
    ...field.indices,
    ...grating.along?.['orientation']?.indices,
    ...grating.along?.['spatialFrequency']?.indices,
    ...grating.indices,
    ...size.indices,
    ...contrast.indices,
    ...surroundIndices(size, surround),
    // F1F0 is that of the peak of orientation x spatial frequency, not of another stage.
    F1F0: modulation && { ...modulation, at: { ...gratingAt, ...modulation.at } },
    receptiveFieldDiameter: field.indices['diameter'],
  };
  return Characteristics.parse(
    Object.fromEntries(NAMES.map((name) => [name, all[name] ?? missing(name)])),
  );
}

/**
 * Computes how much a surround suppresses the response to the preferred stimulus: 1 is no response, and
 * values below 0 are facilitation (Cavanaugh et al. 2002b).
 */
function surroundIndices(size: NeuronTuning, surround: NeuronTuning): Record<string, Index> {
  const curve = surround.curve.flat();
  const centreOnly = size.peak.response;
  const atEnd = size.peak.atEnd.includes('diameter');
  const suppression = (formula: string, at: number) =>
    ratioIndex(formula, [centreOnly, curve[at]!], (relative): number | Undefined => {
      if (atEnd)
        return { reason: 'the preferred diameter is at the end of the diameters presented' };
      if (!(relative[0]! > 0)) return { reason: 'no response to the centre alone is above 0' };
      return 1 - relative[1]! / relative[0]!;
    });
  return {
    surroundSuppression: suppression('(R_centre - R_parallel surround) / R_centre', 0),
    crossSurroundSuppression: suppression(
      '(R_centre - R_orthogonal surround) / R_centre',
      curve.length / 2,
    ),
  };
}

function missing(name: string): never {
  throw new Error(`the measurements give no ${name}`);
}

type UnitsOf<Indices extends Readonly<Record<string, IndexLabel>>> = {
  readonly [Name in keyof Indices]: Indices[Name]['unit'];
};

function pickUnits<Indices extends Readonly<Record<string, IndexLabel>>>(
  indices: Indices,
): UnitsOf<Indices> {
  const units = Object.entries(indices).map(([name, { unit }]) => [name, unit]);
  return Object.fromEntries(units) as UnitsOf<Indices>;
}
