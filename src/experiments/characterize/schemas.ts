import { z } from 'zod';
import {
  CHARACTERISTICS,
  Characteristics,
  Fallback,
  NAMES,
} from '../../tuning/characterization.js';
import { NeuronTuning } from '../../tuning/parametric.js';
import { Neurons } from '../neurons.js';
import {
  Digest,
  Id,
  ModelIdentity,
  Numbers,
  Score,
  StimulusEntry,
  sweptAxis,
  Warnings,
} from '../result-parts.js';

/** A request for a characterization; `{}` characterizes all neurons. */
export const CharacterizationRequest = z
  .strictObject({
    neurons: Neurons,
    contrast: z
      .number()
      .positive()
      .max(1)
      .optional()
      .describe(
        'Michelson, of gratings, but where contrast is swept; left out: that of a grating all over the ' +
          'image with half the RMS contrast of the training images, or where that is not known the largest',
      ),
  })
  .meta({ id: 'CharacterizationRequest' });
export type CharacterizationRequest = z.infer<typeof CharacterizationRequest>;

/** The stimuli of a stage: fixed parameters, swept parameters (the last varies fastest), averaged parameters. */
const stage = {
  stimulus: StimulusEntry,
  axes: z.array(z.strictObject(sweptAxis)),
  averagedOver: z.record(z.string(), Numbers),
  stimulusSet: Digest,
  warnings: Warnings,
};
const Stage = z.strictObject(stage).meta({ id: 'BatteryStage' });
export type Stage = z.infer<typeof Stage>;

/** A stage and a neuron's curve. */
const Measured = z
  .strictObject({ ...stage, curve: NeuronTuning.shape.curve })
  .meta({ id: 'BatteryCurve' });
export type Measured = z.infer<typeof Measured>;

/** A grating around a neuron's centre: pixels, degrees, cycles/pixel; the contrast is Michelson's. */
const GratingAt = z.strictObject({
  x: z.number(),
  y: z.number(),
  orientation: z.number(),
  spatialFrequency: z.number(),
  diameter: z.number(),
  contrast: z.number(),
});
export type GratingAt = z.infer<typeof GratingAt>;

/** One neuron's row. */
const CharacterizedNeuron = z.strictObject({
  id: Id,
  /** The correlation of the model with the recording, from the card. */
  CORR: Score,
  /** The grating around which size, contrast and surround were measured. */
  preferred: GratingAt,
  fallbacks: z.array(Fallback),
  blank: z.number(),
  /** The response to the preferred grating. */
  response: z.number(),
  indices: Characteristics,
  stages: z.strictObject({
    grating: Measured,
    size: Measured,
    contrast: Measured,
    surround: Measured,
  }),
});
export type CharacterizedNeuron = z.infer<typeof CharacterizedNeuron>;
export type StageName = keyof CharacterizedNeuron['stages'];

/** A row for each neuron, and the formulas of the columns. */
export const CharacterizationResult = z
  .strictObject({
    model: ModelIdentity,
    /** Stimuli presented, the blanks included. */
    stimuli: z.int(),
    /** The position map, which all neurons share. */
    position: Stage,
    characteristics: z.record(
      z.enum(NAMES),
      z.strictObject({
        unit: z.enum(Object.values(CHARACTERISTICS)),
        formula: z.string(),
        negative: z.string(),
        baseline: z.string(),
      }),
    ),
    neurons: z.array(CharacterizedNeuron),
  })
  .meta({ id: 'Characterization' });
export type CharacterizationResult = z.infer<typeof CharacterizationResult>;
