import { z } from 'zod';
import { ModelIdentity, Report, Rows } from '../../experiments/result-parts.js';
import { modelOperation, type Operations } from '../openapi/operations.js';
import { ending, REPORT_HEADERS, recalled, STIMULI } from '../openapi/parts.js';
import { BINARY, named } from '../operation.js';
import { StimulusQuery } from '../stimulus-request.js';

const Responses = named(
  'Responses',
  z.strictObject({
    model: ModelIdentity,
    neurons: z.array(z.int()),
    responses: Rows.describe('a row for each stimulus, a column for each neuron'),
    stimuli: z.array(Report),
    ...recalled,
    ...ending,
  }),
);

export const responseOperations = {
  ...modelOperation('POST', '/responses', {
    id: 'respond',
    tag: 'responses',
    summary: 'Stimuli in, responses out',
    query: StimulusQuery,
    deadline: true,
    body: { required: true, content: STIMULI },
    answers: {
      200: {
        description: 'Responses, as JSON or as float32 [stimuli, neurons]',
        content: {
          'application/json': Responses,
          'application/x-npy': BINARY,
          'application/octet-stream': BINARY,
        },
        headers: REPORT_HEADERS,
      },
    },
  }),
} as const satisfies Operations;
