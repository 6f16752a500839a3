import { z } from 'zod';
import { INGEST_JOB } from '../../datasets/data-jobs.js';
import type { IngestRequest } from '../../datasets/ingest-request.js';
import { DataDigest, NewRecording, StoredRecording } from '../../datasets/recording.js';
import { findSeconds } from '../../datasets/window.js';
import { InputError } from '../../errors.js';
import { JobPriority } from '../../jobs/record.js';
import { answerJson } from '../answer.js';
import { tooLarge } from '../body/read-body.js';
import type { AppContext } from '../context.js';
import { ACCEPTED } from '../jobs.js';
import { BINARY, json, named } from '../operation.js';
import { Problem } from '../problem.js';
import { route } from '../route.js';
import type { AppDependencies } from '../service.js';
import {
  answerDataJob,
  digestOf,
  findRecording,
  rejectInUse,
  requireTraining,
  unknownRecording,
} from '../training.js';

const Recording = named('Recording', StoredRecording);
const NoQuery = z.strictObject({});
const digest = { schema: DataDigest, description: 'the digest of a recording' };
const scope = 'train';

/** Recordings that clients upload, to make datasets of them. */
export function recordingRoutes(deps: AppDependencies) {
  return [
    listRecordings(deps),
    createRecording(deps),
    readRecording(deps),
    appendToRecording(deps),
    deleteRecording(deps),
    ingestRecording(deps),
  ];
}

function listRecordings(deps: AppDependencies) {
  return route(
    deps,
    {
      method: 'GET',
      path: '/v1/recordings',
      scope,
      id: 'listRecordings',
      tag: 'training',
      summary: 'The stored recordings',
      query: NoQuery,
      answers: json(
        'All that are stored, oldest first, and the most bytes that recordings and datasets may take',
        z.strictObject({ recordings: z.array(Recording), capacity: z.int() }),
      ),
    },
    async (c) => {
      const { recordings, room } = requireTraining(deps);
      const list = await recordings.list();
      const { capacity } = room;
      return answerJson(c, deps.clock, () => ({ recordings: list, capacity }));
    },
  );
}

function createRecording(deps: AppDependencies) {
  return route(
    deps,
    {
      method: 'POST',
      path: '/v1/recordings',
      scope,
      id: 'createRecording',
      tag: 'training',
      summary: 'Announces the files of a recording, whose bytes are sent next',
      description:
        'The digest of a recording is the sha256 of what `sha256sum` prints of its files, sorted by name. A ' +
        'recording that is there already is answered as far as it has come, so an upload is taken up again ' +
        'in the same way as it is begun.',
      query: NoQuery,
      body: { required: true, content: { 'application/json': NewRecording } },
      answers: { 200: at('It was there'), 201: at('There is room for it') },
      errors: [507],
    },
    async (c, { readJson }) => {
      const { recordings } = requireTraining(deps);
      const { files } = await readJson();
      const { recording, created } = await recordings.create(files);
      c.header('Location', `/v1/recordings/${recording.digest}`);
      return answerJson(c, deps.clock, () => recording, created ? 201 : 200);
    },
  );
}

function readRecording(deps: AppDependencies) {
  return route(
    deps,
    {
      method: 'GET',
      path: '/v1/recordings/:digest',
      params: { digest },
      scope,
      id: 'recording',
      tag: 'training',
      summary: 'A recording, and how much of each file has come',
      query: NoQuery,
      answers: json('The recording', Recording),
    },
    async (c) => {
      const recording = await findRecording(c, deps);
      return answerJson(c, deps.clock, () => recording);
    },
  );
}

function appendToRecording(deps: AppDependencies) {
  return route(
    deps,
    {
      method: 'PATCH',
      path: '/v1/recordings/:digest/files/:file',
      params: {
        digest,
        file: {
          schema: z.int().nonnegative(),
          description: 'the place of the file in the list, from 0',
        },
      },
      scope,
      id: 'appendToRecording',
      tag: 'training',
      summary: 'Sends the next bytes of a file',
      description:
        'The bytes go to the disk as they come. Where the request breaks off, those that came stay: the next ' +
        'request begins after `received` of the file.',
      query: NoQuery,
      headers: {
        'Upload-Offset': {
          description: 'the place of the first byte in the file: the bytes that are stored of it',
          schema: z.int().nonnegative(),
        },
      },
      body: { required: true, content: { 'application/octet-stream': BINARY } },
      answers: json('The recording as it is now', Recording),
      errors: [409, 507],
    },
    async (c) => {
      const recording = await findRecording(c, deps);
      const index = readIndex(c, recording);
      const offset = readOffset(c);
      const { bytes } = recording.files[index]!;
      if (Number(c.req.header('Content-Length') ?? 0) > bytes) throw tooLarge(bytes);
      const { recordings } = requireTraining(deps);
      const body = c.req.raw.body ?? emptyBody();
      // It may have been deleted meanwhile, which is then the answer.
      const now = await recordings.append(recording, index, offset, body).then(
        () => findRecording(c, deps),
        async (error: unknown) => {
          await findRecording(c, deps);
          throw error;
        },
      );
      return answerJson(c, deps.clock, () => now);
    },
  );
}

function deleteRecording(deps: AppDependencies) {
  return route(
    deps,
    {
      method: 'DELETE',
      path: '/v1/recordings/:digest',
      params: { digest },
      scope,
      id: 'deleteRecording',
      tag: 'training',
      summary: 'Deletes a recording; the datasets made of it stay',
      query: NoQuery,
      answers: { 204: { description: 'It is deleted' } },
      errors: [409],
    },
    async (c) => {
      const { recordings } = requireTraining(deps);
      await rejectInUse(deps, digestOf(c));
      if (!(await recordings.remove(digestOf(c)))) throw unknownRecording(c);
      return c.body(null, 204);
    },
  );
}

function ingestRecording(deps: AppDependencies) {
  return route(
    deps,
    {
      method: 'POST',
      path: '/v1/recordings/:digest/ingest',
      params: { digest },
      scope,
      id: 'ingest',
      tag: 'training',
      summary: 'Makes a dataset of a recording',
      description:
        'A job. Its result is `report.json`, with what was found and the digest of the dataset, and ' +
        '`sheet.png`, ten of the images. To correct what was found, post it again with other options.',
      query: z.strictObject({ priority: JobPriority.default('normal') }),
      body: { required: false, content: { 'application/json': INGEST_JOB.request } },
      answers: ACCEPTED,
      errors: [409, 507],
    },
    async (c, { query, readJson }) => {
      const recording = await findRecording(c, deps);
      const missing = recording.files.find(({ received, bytes }) => received < bytes);
      if (missing) {
        const { name, received, bytes } = missing;
        throw new Problem(
          409,
          `${name} is not whole: ${received} bytes; expected ${bytes}: PATCH /v1/recordings/{digest}/files/{file} ` +
            'sends the rest',
        );
      }
      const request = await readJson();
      rejectSeconds(request);
      const { kind } = INGEST_JOB;
      return answerDataJob(c, deps, { kind, data: recording.digest, request, ...query });
    },
  );
}

/** @throws InputError naming the windows that are probably in seconds */
function rejectSeconds(request: IngestRequest): void {
  const found = findSeconds(request);
  if (found.length === 0) return;
  throw new InputError(
    found.map(({ name, text }) => `${name} ${text}`).join('; '),
    found.map(({ name, text }) => ({ path: name, message: text })),
  );
}

function at(description: string) {
  return {
    description,
    content: { 'application/json': Recording },
    headers: { Location: 'where it is' },
  };
}

function readIndex(c: AppContext, { files }: StoredRecording): number {
  const text = c.req.param('file') ?? '';
  const index = /^\d{1,4}$/.test(text) ? Number(text) : Number.NaN;
  if (index < files.length) return index;
  throw new Problem(
    404,
    `unknown file: '${text}'; expected a number from 0 to ${files.length - 1}`,
  );
}

function readOffset(c: AppContext): number {
  const text = c.req.header('Upload-Offset') ?? '';
  if (/^\d{1,15}$/.test(text)) return Number(text);
  throw new Problem(
    400,
    `wrong Upload-Offset: '${text}'; expected the number of bytes that are stored of the file`,
  );
}

async function* emptyBody(): AsyncGenerator<Uint8Array> {}
