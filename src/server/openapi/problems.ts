import { z } from 'zod';
import { named } from '../operation.js';

/** An error under /v1 and of the service itself, as `problemResponse` writes it (RFC 9457). */
export const ProblemAnswer = named(
  'Problem',
  z.strictObject({
    type: z.literal('about:blank'),
    title: z.string(),
    status: z.int().min(400).max(599),
    detail: z.string().describe('what is wrong, and what to do next'),
    errors: z
      .array(z.strictObject({ path: z.string(), message: z.string() }))
      .optional()
      .describe('what is wrong where in the request'),
    requestId: z.string().describe('under which the log has it'),
  }),
);

/** An error under /v2, as `errorResponse` writes it. */
export const ProtocolError = named('ProtocolError', z.strictObject({ error: z.string() }));
