import { z } from 'zod';
import { contrast } from './dimensions/contrast.js';
import type { IndexLabel } from './dimensions/dimension.js';
import { orientation } from './dimensions/orientation.js';
import { phase } from './dimensions/phase.js';
import { size } from './dimensions/size.js';
import { spatialFrequency } from './dimensions/spatial-frequency.js';
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
  /** As `surroundIndices`. */
  readonly suppression: Readonly<Record<string, Index>>;
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
  const { field, grating, gratingAt, size, contrast, suppression } = measurements;
  const modulation = grating.indices['F1F0'];
  const all: Record<string, Index | undefined> = {
    ...field.indices,
    ...grating.along?.['orientation']?.indices,
    ...grating.along?.['spatialFrequency']?.indices,
    ...grating.indices,
    ...size.indices,
    ...contrast.indices,
    ...suppression,
    // F1F0 is that of the peak of orientation x spatial frequency, not of another stage.
    F1F0: modulation && { ...modulation, at: { ...gratingAt, ...modulation.at } },
    receptiveFieldDiameter: field.indices['diameter'],
  };
  return Characteristics.parse(
    Object.fromEntries(NAMES.map((name) => [name, all[name] ?? missing(name)])),
  );
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
