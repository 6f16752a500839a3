import { z } from 'zod';
import type { Entry } from '../../stimulus/parametric/entry.js';
import type { Canvas } from '../../stimulus/stimuli.js';
import type { Sweep } from '../../stimulus/sweep.js';
import type { GatheredWarning } from '../../stimulus/warnings.js';
import type { Characteristics } from '../../tuning/characterization.js';
import type { NeuronTuning } from '../../tuning/parametric.js';
import type { Fallback } from '../../tuning/preferred.js';
import { Neurons } from '../experiment.js';

/** What is asked for; `{}` is the full battery for all neurons. */
export const CharacterizationBody = z.strictObject({
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
});
export type CharacterizationBody = z.infer<typeof CharacterizationBody>;

/** Stimuli of the battery, as they were shown. */
export interface Stage {
  /** What stayed as it was, with its defaults. */
  readonly stimulus: Entry;
  /** What varied, the last fastest. */
  readonly axes: Sweep['axes'];
  readonly averagedOver: Readonly<Record<string, readonly number[]>>;
  /** The digest of the stimuli together. */
  readonly stimulusSet: string;
  readonly warnings: readonly GatheredWarning[];
}

/** A stage, and a neuron's answer to it. */
export type Measured = Stage & Pick<NeuronTuning, 'curve'>;

/** A grating around a neuron's centre; lengths in pixels, angles in degrees. */
export interface GratingAt {
  readonly x: number;
  readonly y: number;
  readonly orientation: number;
  readonly spatialFrequency: number;
  readonly diameter: number;
  /** Michelson. */
  readonly contrast: number;
}

/** One neuron's row. */
export interface CharacterizedNeuron {
  readonly id: number;
  /** Of the model with the recording, as the card has it. */
  readonly CORR: number | null;
  /** Around which contrast and surround were measured; but for the diameter, size too. */
  readonly preferred: GratingAt;
  readonly fallbacks: readonly Fallback[];
  readonly blank: number;
  /** The response to the preferred grating. */
  readonly response: number;
  readonly indices: Characteristics;
  readonly stages: Readonly<Record<StageName, Measured>>;
}

export interface Characterization {
  readonly canvas: Canvas;
  /** The position map, which all neurons share. */
  readonly position: Stage;
  readonly neurons: readonly CharacterizedNeuron[];
  /** Stimuli shown, the blanks included. */
  readonly stimuli: number;
}

export type StageName = 'grating' | 'size' | 'contrast' | 'surround';
