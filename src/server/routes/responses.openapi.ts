import { z } from 'zod';
import { ResponsesResult } from '../../experiments/responses.js';
import { modelOperation, type Operations } from '../openapi/operations.js';
import { ending, REPORT_HEADERS, recalled, STIMULI } from '../openapi/parts.js';
import { BINARY, named } from '../operation.js';
import { StimulusQuery } from '../stimulus-request.js';

const Responses = named(
  'Responses',
  z.strictObject({ ...ResponsesResult.shape, ...recalled, ...ending }),
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
