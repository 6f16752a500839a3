import { z } from 'zod';
import { CanvasQuery } from '../canvas-query.js';
import {
  type Answer,
  BINARY,
  json,
  modelOperation,
  type Operations,
} from '../openapi/operation.js';
import { Digest, ending, NEW_STIMULI, REPORT_HEADERS, Report, STIMULI } from '../openapi/parts.js';
import { ModelQuery, SheetQuery } from './stimuli.js';

const shown: Readonly<Record<200, Answer>> = {
  200: {
    description: 'The stimuli on one sheet, or float32 [stimuli, y, x]',
    content: { 'image/png': BINARY, 'application/x-npy': BINARY },
    headers: REPORT_HEADERS,
  },
};

const summary = {
  digest: Digest,
  count: z.int(),
  height: z.int(),
  width: z.int(),
  bytes: z.int(),
  element: z.enum(['uint8', 'uint16', 'float32']),
  storedAt: z.iso.datetime(),
};
const Stored = z.strictObject({ ...summary, stimuli: z.array(Report), ...ending });
const stored = (description: string) =>
  ({
    description,
    content: { 'application/json': Stored },
    headers: { Location: 'where it is' },
  }) satisfies Answer;
const none = z.strictObject({});

export const stimulusOperations = {
  'POST /v1/stimuli': {
    id: 'renderStimuli',
    tag: 'stimuli',
    summary: 'Renders gratings, gabors, bars, noise and more, as PNG or .npy',
    query: SheetQuery,
    body: { required: true, content: STIMULI },
    answers: shown,
  },
  ...modelOperation('POST', '/stimuli', {
    id: 'showStimuli',
    tag: 'stimuli',
    summary: 'Stimuli as the model is shown them, as PNG or .npy',
    query: ModelQuery,
    body: { required: true, content: STIMULI },
    answers: shown,
  }),
  'GET /v1/stimulus-sets': {
    id: 'listStimulusSets',
    tag: 'stimuli',
    summary: 'The stored sets',
    query: none,
    answers: json(
      'All that are stored, and how much room there is in bytes',
      z.strictObject({
        stimulusSets: z.array(z.strictObject(summary)),
        bytes: z.int(),
        capacity: z.int(),
      }),
    ),
  },
  'PUT /v1/stimulus-sets': {
    id: 'storeStimulusSet',
    tag: 'stimuli',
    summary: 'Stores stimuli, to be named by their digest',
    query: CanvasQuery,
    body: { required: true, content: NEW_STIMULI },
    answers: { 200: stored('It was there'), 201: stored('It is stored') },
    errors: [507],
  },
  'GET /v1/stimulus-sets/:digest': {
    id: 'stimulusSet',
    tag: 'stimuli',
    summary: 'A stored set: what is known of it, or its .npy file',
    query: none,
    answers: {
      200: {
        description: 'The set',
        content: {
          'application/json': z.strictObject({
            ...summary,
            stimuli: z.array(z.strictObject({ digest: Digest })),
          }),
          'application/x-npy': BINARY,
        },
        headers: { ETag: 'its digest, in quotes' },
      },
    },
  },
  'DELETE /v1/stimulus-sets/:digest': {
    id: 'deleteStimulusSet',
    tag: 'stimuli',
    summary: 'Deletes a stored set',
    query: none,
    answers: { 204: { description: 'It is deleted' } },
  },
} as const satisfies Operations;
