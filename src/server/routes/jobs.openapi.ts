import { z } from 'zod';
import { CharacterizationRequest } from '../../experiments/characterize/schemas.js';
import { PreferredStimulusRequest } from '../../experiments/preferred-stimulus/schemas.js';
import { JobView } from '../../jobs/record.js';
import { modelOperation, type Operations } from '../openapi/operations.js';
import { named, type Operation } from '../operation.js';

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

/** Experiments that become jobs. */
export const jobOperations = {
  ...modelOperation('POST', '/preferred-stimulus', {
    id: 'preferredStimulus',
    tag: 'experiments',
    summary: 'Images that raise responses, by gradient ascent: a job',
    query: none,
    body: {
      required: false,
      content: { 'application/json': named('Ascent', PreferredStimulusRequest) },
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
      content: { 'application/json': named('CharacterizationRequest', CharacterizationRequest) },
    },
    answers: accepted,
    errors: [507],
  }),
} as const satisfies Operations;
