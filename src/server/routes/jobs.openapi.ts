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
import {
  BINARY,
  json,
  modelOperation,
  named,
  type Operation,
  type Operations,
} from '../openapi/operation.js';
import { Digest, Id, ModelIdentity, Numbers, Score, Warnings } from '../openapi/parts.js';
import { PreferredStimulusBody } from '../preferred-stimulus.js';
import { ResultQuery } from './jobs.js';

const Job = named('Job', JobView);
const Event = z.object({
  event: z.enum(['state', 'progress', 'preview']),
  data: z
    .string()
    .describe(
      'JSON: the job; of a preview, `neuron`, `shape` (images, height, width) and `pixels` (a byte ' +
        'each, in base64) of what a search for preferred stimuli has so far',
    ),
  id: z.literal('end').optional().describe('of the last one'),
});
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

/** Long work, and what becomes of it. */
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
  'GET /v1/jobs': {
    id: 'listJobs',
    tag: 'jobs',
    summary: 'The state of each job, newest first',
    query: none,
    answers: json('All that are kept', z.strictObject({ jobs: z.array(Job) })),
  },
  'GET /v1/jobs/:id': {
    id: 'job',
    tag: 'jobs',
    summary: 'The state of a job',
    query: none,
    answers: json('The job', Job),
  },
  'GET /v1/jobs/:id/events': {
    id: 'jobEvents',
    tag: 'jobs',
    summary: 'The state of a job at every change, as server-sent events',
    description:
      'Events `state` and `progress`, whose data is the job, and `preview` with what it has so far; ' +
      'it ends with the job.',
    query: none,
    headers: {
      'Last-Event-ID': { description: 'where an EventSource left off', schema: z.string() },
    },
    answers: {
      200: { description: 'Events', content: { 'text/event-stream': Event } },
      204: { description: 'Nothing has come since' },
    },
  },
  'GET /v1/jobs/:id/result': {
    id: 'jobResult',
    tag: 'jobs',
    summary: 'What a job found',
    description: 'The part that `part` names, or the first of the type that `Accept` asks for.',
    query: ResultQuery,
    answers: {
      200: {
        description: 'A part of the result',
        content: {
          'application/json': z.union([CharacterizationResult, PreferredResult]),
          'text/csv': z.string(),
          'application/x-npy': BINARY,
          'image/png': BINARY,
        },
        headers: { 'Content-Disposition': 'the name of the part' },
      },
    },
    errors: [409, 410],
  },
  'DELETE /v1/jobs/:id': {
    id: 'endJob',
    tag: 'jobs',
    summary: 'Cancels a job; deletes one that is over',
    query: none,
    answers: {
      ...json('It is cancelled', Job),
      204: { description: 'It is deleted' },
    },
  },
} as const satisfies Operations;
