import { z } from 'zod';
import {
  Digest,
  ModelIdentity,
  Numbers,
  Report,
  Rows,
  Warnings,
} from '../../experiments/result-parts.js';
import { GradientField } from '../../tuning/gradient-field.js';
import { modelOperation, type Operations } from '../openapi/operations.js';
import { ending, REPORT_HEADERS, STIMULI } from '../openapi/parts.js';
import { BINARY, json, named } from '../operation.js';
import { StimulusQuery } from '../stimulus-request.js';

const identity = { model: ModelIdentity, neurons: z.array(z.int()) };
const ends = { stimuli: z.array(Report), ...ending };
const readout = {
  responses: Rows,
  readout: named(
    'Readout',
    z.strictObject({
      kind: z.string(),
      formula: z.string(),
      centre: Rows,
      surround: Rows,
      bias: Numbers,
    }),
  ),
};
const Measure = named(
  'AttentionMeasure',
  z.strictObject({ formula: z.string(), unit: z.string(), ifEven: z.number(), values: Rows }),
);
/** `[stimulus][neuron][row][column]` */
const Maps = z.array(z.array(Rows));

const question = {
  tag: 'experiments',
  query: StimulusQuery,
  deadline: true,
  body: { required: true, content: STIMULI },
} as const;

/** What goes on between stimuli and responses. */
export const insideOperations = {
  ...modelOperation('POST', '/attention', {
    ...question,
    id: 'attention',
    summary: 'Where the centre attends, for each stimulus and neuron',
    answers: {
      200: {
        description: 'Maps and what is said of each, or float32 [stimuli, neurons, y, x]',
        content: {
          'application/json': z.strictObject({
            ...identity,
            map: z.strictObject({
              height: z.int(),
              width: z.int(),
              centre: z.array(z.int()),
              fieldPixels: z.int(),
              stridePixels: z.int(),
            }),
            attention: Maps,
            entropy: Measure,
            meanDistance: Measure,
            ...readout,
            ...ends,
          }),
          'application/x-npy': BINARY,
        },
        headers: REPORT_HEADERS,
      },
    },
  }),
  ...modelOperation('POST', '/readout', {
    ...question,
    id: 'readout',
    summary: 'What the centre and the surround add to a response',
    answers: {
      200: {
        description: 'The sum taken apart, or float32 [centre and surround, stimuli, neurons]',
        content: {
          'application/json': z.strictObject({ ...identity, ...readout, ...ends }),
          'application/x-npy': BINARY,
        },
        headers: REPORT_HEADERS,
      },
    },
  }),
  ...modelOperation('POST', '/gradient', {
    ...question,
    id: 'gradient',
    summary: 'What each pixel changes of a response',
    answers: {
      200: {
        description: 'Gradients, as JSON, float32 [stimuli, neurons, y, x], or to look at',
        content: {
          'application/json': z.strictObject({
            ...identity,
            unit: z.string(),
            responses: Rows,
            gradients: Maps,
            ...ends,
          }),
          'application/x-npy': BINARY,
          'image/png': BINARY,
        },
        headers: {
          ...REPORT_HEADERS,
          'X-Gradient-Largest': 'of an image: what is black or white in each of the first maps',
        },
      },
    },
  }),
  ...modelOperation('POST', '/receptive-field/gradient', {
    ...question,
    id: 'gradientField',
    summary: 'Where pixels change a response',
    answers: json(
      'A map of each neuron',
      z.strictObject({
        model: ModelIdentity,
        x: Numbers,
        y: Numbers,
        unit: z.string(),
        formula: z.string(),
        warnings: Warnings,
        neurons: z.array(z.strictObject({ id: z.int(), ...GradientField.shape })),
        stimulusSet: Digest,
        ...ending,
      }),
    ),
  }),
} as const satisfies Operations;
