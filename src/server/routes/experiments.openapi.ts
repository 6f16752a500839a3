import { z } from 'zod';
import { ParametricRequest, ParametricResult } from '../../experiments/parametric.js';
import { PeakResult } from '../../experiments/peak.js';
import { ReceptiveFieldRequest } from '../../experiments/position-probe.js';
import {
  QuickMeasurementRequest,
  QuickMeasurementResult,
} from '../../experiments/quick-measurement/quick-measurement.js';
import { RankResult } from '../../experiments/rank.js';
import { ReceptiveFieldResult } from '../../experiments/receptive-field.js';
import { modelOperation, type Operations } from '../openapi/operations.js';
import { ending, formOf, REPORT_HEADERS, recalled, STIMULI } from '../openapi/parts.js';
import { BINARY, json, named } from '../operation.js';
import { ParametricQuery } from './parametric.js';
import { MappingQuery } from './receptive-field.js';
import { TuningQuery } from './tuning.js';

const set = { ...recalled, ...ending };

/** The same gratings and discs are shown to all neurons. */
const QuickMeasurement = named(
  'QuickMeasurement',
  z.strictObject({ ...QuickMeasurementResult.shape, id: ending.id }),
);

/** A form may hold the real responses as well. */
const SET = {
  ...STIMULI,
  'multipart/form-data': formOf('FormWithResponses', {
    responses: z.file().optional().describe('the real ones, .npy [stimuli, neurons]'),
  }),
};
const ofSet = {
  tag: 'experiments',
  query: TuningQuery,
  deadline: true,
  body: { required: true, content: SET },
} as const;

export const experimentOperations = {
  ...modelOperation('POST', '/tuning/rank', {
    ...ofSet,
    id: 'rankTuning',
    summary: 'Rank-ordered tuning curves to a set of stimuli',
    answers: json(
      'A curve for each neuron, and that of the population',
      z.strictObject({ ...RankResult.shape, ...set }),
    ),
  }),
  ...modelOperation('POST', '/tuning/peak', {
    ...ofSet,
    id: 'peakTuning',
    summary: 'The strongest stimuli of each neuron',
    answers: json('The peak of each neuron', z.strictObject({ ...PeakResult.shape, ...set })),
  }),
  ...modelOperation('POST', '/tuning/parametric', {
    id: 'parametricTuning',
    tag: 'experiments',
    summary: 'Tuning to one or two stimulus parameters',
    query: ParametricQuery,
    deadline: true,
    body: {
      required: false,
      content: { 'application/json': named('Experiment', ParametricRequest) },
    },
    answers: json(
      'Curves and indices of each neuron',
      z.strictObject({ ...ParametricResult.shape, ...ending }),
    ),
  }),
  ...modelOperation('POST', '/receptive-field', {
    id: 'receptiveField',
    tag: 'experiments',
    summary: 'Where on the image neurons respond',
    query: MappingQuery,
    deadline: true,
    body: {
      required: false,
      content: { 'application/json': named('Mapping', ReceptiveFieldRequest) },
    },
    answers: {
      200: {
        description: 'A map of each neuron, as JSON, float32 [neurons, y, x], or to look at',
        content: {
          'application/json': z.strictObject({ ...ReceptiveFieldResult.shape, ...ending }),
          'application/x-npy': BINARY,
          'image/png': BINARY,
        },
        headers: REPORT_HEADERS,
      },
    },
  }),
  ...modelOperation('GET', '/quick-measurement', {
    id: 'keptQuickMeasurement',
    tag: 'experiments',
    summary: 'The quick measurement, as far as it is kept',
    answers: json('A row for each neuron that was measured', QuickMeasurement),
  }),
  ...modelOperation('POST', '/quick-measurement', {
    id: 'quickMeasurement',
    tag: 'experiments',
    summary: 'Receptive field and grating tuning at one glance, measured once and kept',
    deadline: true,
    body: {
      required: false,
      content: { 'application/json': named('QuickMeasurementBody', QuickMeasurementRequest) },
    },
    answers: json('A row for each neuron', QuickMeasurement),
  }),
} as const satisfies Operations;
