import { z } from 'zod';
import { JobView } from '../../jobs/record.js';
import {
  CHARACTERISTICS,
  Characteristics,
  Fallback,
  NAMES,
} from '../../tuning/characterization.js';
import { NeuronTuning } from '../../tuning/parametric.js';
import { CharacterizationBody } from '../battery/characterized.js';
import { modelOperation, type Operations } from '../openapi/operations.js';
import { Digest, Id, ModelIdentity, Numbers, Score, Warnings } from '../openapi/parts.js';
import { named, type Operation } from '../operation.js';
import { PreferredStimulusBody } from '../preferred-stimulus.js';

const Job = named('Job', JobView);
const none = z.strictObject({});

/** Of a request that becomes a job. */
const accepted = {
  202: {
    description: 'It is queued; its state is at its Location',
    content: { 'application/json': Job },
    headers: { Location: 'where the job is' },
  },
} as const satisfies Operation['answers'];

const GratingAt = {
  ...{ x: z.number(), y: z.number(), orientation: z.number() },
  ...{ spatialFrequency: z.number(), diameter: z.number(), contrast: z.number() },
};
const stage = {
  stimulus: z.record(z.string(), z.unknown()),
  axes: z.array(z.strictObject({ parameter: z.string(), values: Numbers, unit: z.string() })),
  averagedOver: z.record(z.string(), Numbers),
  stimulusSet: Digest,
  warnings: Warnings,
};
const Stage = named('BatteryStage', z.strictObject(stage));
const Measured = named(
  'BatteryCurve',
  z.strictObject({ ...stage, curve: NeuronTuning.shape.curve }),
);

/** The result of a job `characterize`. */
export const CharacterizationResult = named(
  'Characterization',
  z.strictObject({
    model: ModelIdentity,
    stimuli: z.int(),
    position: Stage,
    characteristics: z.record(
      z.enum(NAMES),
      z.strictObject({
        unit: z.enum(Object.values(CHARACTERISTICS)),
        ...{ formula: z.string(), negative: z.string(), baseline: z.string() },
      }),
    ),
    neurons: z.array(
      z.strictObject({
        id: Id,
        CORR: Score,
        preferred: z.strictObject(GratingAt),
        fallbacks: z.array(Fallback),
        ...{ blank: z.number(), response: z.number() },
        indices: Characteristics,
        stages: z.strictObject({
          ...{ grating: Measured, size: Measured, contrast: Measured, surround: Measured },
        }),
      }),
    ),
  }),
);

const told = { response: z.number(), digest: Digest };
/** The result of a job `preferred-stimulus`. */
export const PreferredResult = named(
  'PreferredStimuli',
  z.strictObject({
    model: ModelIdentity,
    restarts: z.int(),
    ...{ seed: z.int(), steps: z.int(), stepSize: z.number(), background: z.number() },
    ...{ norm: z.number(), pixels: Numbers, blur: z.number(), jitter: z.int() },
    formulas: z.strictObject({ norm: z.string(), diversity: z.string() }),
    neurons: z.array(
      z.strictObject({
        id: Id,
        best: z.int().describe('the number of the restart that found most'),
        stimuli: z.array(z.strictObject(told)).describe('one for each restart'),
        diversity: Score,
        bestOfSet: z.strictObject({ stimulus: z.int(), ...told }).optional(),
      }),
    ),
  }),
);

/** Experiments that become jobs. */
export const jobOperations = {
  ...modelOperation('POST', '/preferred-stimulus', {
    id: 'preferredStimulus',
    tag: 'experiments',
    summary: 'Images that raise responses, by gradient ascent: a job',
    query: none,
    body: {
      required: false,
      content: { 'application/json': named('Ascent', PreferredStimulusBody) },
    },
    answers: accepted,
    errors: [507],
  }),
  ...modelOperation('POST', '/characterize', {
    id: 'characterize',
    tag: 'experiments',
    summary: 'The full battery of gratings, neuron by neuron: a job',
    query: none,
    body: {
      required: false,
      content: { 'application/json': named('CharacterizationRequest', CharacterizationBody) },
    },
    answers: accepted,
    errors: [507],
  }),
} as const satisfies Operations;
