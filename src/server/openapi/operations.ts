import { protocolOperations } from '../open-inference/protocol.openapi.js';
import { experimentOperations } from '../routes/experiments.openapi.js';
import { insideOperations } from '../routes/inside.openapi.js';
import { jobOperations } from '../routes/jobs.openapi.js';
import { responseOperations } from '../routes/responses.openapi.js';
import { serviceOperations } from '../routes/service.openapi.js';
import { stimulusOperations } from '../routes/stimuli.openapi.js';
import type { Operations } from './operation.js';

/** What is told of each route; it stands in a file `*.openapi.ts` beside the routes. */
export const OPERATIONS = {
  ...serviceOperations,
  ...responseOperations,
  ...experimentOperations,
  ...insideOperations,
  ...jobOperations,
  ...stimulusOperations,
  ...protocolOperations,
} satisfies Operations;
