import { z } from 'zod';
import { AttentionResult } from '../../experiments/attention.js';
import { GradientResult } from '../../experiments/gradient.js';
import { GradientFieldResult } from '../../experiments/gradient-field.js';
import { ReadoutResult } from '../../experiments/readout.js';
import { modelOperation, type Operations } from '../openapi/operations.js';
import { ending, REPORT_HEADERS, STIMULI } from '../openapi/parts.js';
import { BINARY, json } from '../operation.js';
import { StimulusQuery } from '../stimulus-request.js';

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
          'application/json': z.strictObject({ ...AttentionResult.shape, ...ending }),
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
          'application/json': z.strictObject({ ...ReadoutResult.shape, ...ending }),
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
          'application/json': z.strictObject({ ...GradientResult.shape, ...ending }),
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
      z.strictObject({ ...GradientFieldResult.shape, ...ending }),
    ),
  }),
} as const satisfies Operations;
