import { z } from 'zod';
import { Digest, Report } from '../../experiments/result-parts.js';
import { StimulusCard } from '../../models/card.js';
import { stimulusDigests } from '../../stimulus/chunks.js';
import { SetDigest } from '../../stimulus/stimuli-body.js';
import type { Target } from '../../stimulus/target.js';
import type { StoredSet } from '../../storage/stimulus-sets.js';
import { answerJson } from '../answer.js';
import { bodyClient, readBody } from '../body/read-body.js';
import { CanvasQuery } from '../canvas-query.js';
import type { AppContext } from '../context.js';
import { BINARY, json } from '../operation.js';
import { Problem } from '../problem.js';
import { route } from '../route.js';
import { ending, NEW_STIMULI } from '../schemas.js';
import type { AppDependencies } from '../service.js';
import { openSet, requireStore } from '../store.js';
import { timed, timingAndId } from '../timing.js';

const ELEMENT_NAMES: Readonly<Record<string, string>> = {
  u1: 'uint8',
  u2: 'uint16',
  f4: 'float32',
};

const Summary = {
  digest: Digest,
  count: z.int(),
  height: z.int(),
  width: z.int(),
  channels: StimulusCard.shape.channels.unwrap(),
  bytes: z.int(),
  element: z.enum(['uint8', 'uint16', 'float32']),
  storedAt: z.iso.datetime(),
};
const StoredAnswer = z.strictObject({ ...Summary, stimuli: z.array(Report), ...ending });
const SetList = z.strictObject({
  stimulusSets: z.array(z.strictObject(Summary)),
  bytes: z.int(),
  capacity: z.int(),
});
const SetAnswer = z.strictObject({
  ...Summary,
  stimuli: z.array(z.strictObject({ digest: Digest })),
});

const NoQuery = z.strictObject({});
const params = { digest: { schema: SetDigest, description: 'the digest of a stored set' } };

/** Stimuli that are uploaded once and named by their digest from then on. */
export function stimulusSetRoutes(deps: AppDependencies) {
  return [listSets(deps), storeSet(deps), readSet(deps), deleteSet(deps)];
}

function listSets(deps: AppDependencies) {
  return route(
    deps,
    {
      method: 'GET',
      path: '/v1/stimulus-sets',
      id: 'listStimulusSets',
      tag: 'stimuli',
      summary: 'The stored sets',
      query: NoQuery,
      answers: json('All that are stored, and how much room there is in bytes', SetList),
    },
    async (c) => {
      const { sets } = requireStore(deps);
      const stored = await sets.list();
      return answerJson(c, deps.clock, () => ({
        stimulusSets: stored.map(summary),
        bytes: stored.reduce((sum, { bytes }) => sum + bytes, 0),
        capacity: sets.capacity,
      }));
    },
  );
}

function storeSet(deps: AppDependencies) {
  const { clock, limits, decoder } = deps;
  return route(
    deps,
    {
      method: 'PUT',
      path: '/v1/stimulus-sets',
      id: 'storeStimulusSet',
      tag: 'stimuli',
      summary: 'Stores stimuli, to be named by their digest',
      query: CanvasQuery,
      body: { required: true, content: NEW_STIMULI },
      answers: { 200: stored('It was there'), 201: stored('It is stored') },
      errors: [507],
    },
    async (c, { query }) => {
      const { sets } = requireStore(deps);
      const { fit, dtype } = query;
      const target = readTarget(query);
      const body = await readBody(c, deps);
      const contentType = c.req.header('Content-Type');
      const { stimuli, notes, digests } = await timed(c, clock, 'decode', async () => {
        const asker = 'the query requests';
        const decoded = await decoder.stimuli(
          { contentType, body, target, asker, limits, fit, dtype },
          bodyClient(c, deps),
        );
        return { ...decoded, digests: await stimulusDigests(decoded.stimuli) };
      });
      c.get('log').stimuli = stimuli.count;
      const { set, created } = await sets.put(stimuli, digests);
      c.header('Location', `/v1/stimulus-sets/${set.digest}`);
      const answer = () => ({
        ...summary(set),
        stimuli: digests.map((digest, i) => ({ digest, warnings: notes[i] })),
        ...timingAndId(c),
      });
      return answerJson(c, clock, answer, created ? 201 : 200);
    },
  );
}

function readSet(deps: AppDependencies) {
  return route(
    deps,
    {
      method: 'GET',
      path: '/v1/stimulus-sets/:digest',
      params,
      id: 'stimulusSet',
      tag: 'stimuli',
      summary: 'A stored set: what is known of it, or its .npy file',
      query: NoQuery,
      answers: {
        200: {
          description: 'The set',
          content: { 'application/json': SetAnswer, 'application/x-npy': BINARY },
          headers: { ETag: 'its digest, in quotes' },
        },
      },
    },
    async (c, { mediaType }) => {
      const digest = digestIn(c);
      const set = await openSet(deps, digest);
      if (set === undefined) throw unknown(digest);
      c.header('ETag', `"${digest}"`);
      if (mediaType !== 'application/json') {
        return c.body(new Uint8Array(set.file), 200, { 'Content-Type': mediaType });
      }
      return answerJson(c, deps.clock, () => ({
        ...summary(set.stored),
        stimuli: set.stimulusDigests.map((each) => ({ digest: each })),
      }));
    },
  );
}

function deleteSet(deps: AppDependencies) {
  return route(
    deps,
    {
      method: 'DELETE',
      path: '/v1/stimulus-sets/:digest',
      params,
      scope: 'admin',
      id: 'deleteStimulusSet',
      tag: 'stimuli',
      summary: 'Deletes a stored set',
      query: NoQuery,
      answers: { 204: { description: 'It is deleted' } },
    },
    async (c) => {
      const digest = digestIn(c);
      if (!(await requireStore(deps).sets.remove(digest))) throw unknown(digest);
      return c.body(null, 204);
    },
  );
}

function stored(description: string) {
  return {
    description,
    content: { 'application/json': StoredAnswer },
    headers: { Location: 'where it is' },
  };
}

function readTarget({ height, width, channels, background, fit }: CanvasQuery): Target {
  const isSized = height !== undefined && width !== undefined;
  const isSizeless = height === undefined && width === undefined && fit === 'none';
  if (isSized || isSizeless) return { height, width, channels, background };
  throw new Problem(422, 'height and width go together, and fit needs both');
}

/** A set as it is listed, without its stimuli. */
function summary({ element, storedAt, ...set }: StoredSet) {
  return { ...set, element: ELEMENT_NAMES[element], storedAt: storedAt.toISOString() };
}

function digestIn(c: AppContext): string {
  const digest = c.req.param('digest') ?? '';
  if (!SetDigest.safeParse(digest).success) throw unknown(digest);
  return digest;
}

function unknown(digest: string): Problem {
  return new Problem(
    404,
    `no stimulus set '${digest}' is stored; GET /v1/stimulus-sets lists them`,
  );
}
