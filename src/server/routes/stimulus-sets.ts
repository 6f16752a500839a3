import { accepts } from 'hono/accepts';
import { z } from 'zod';
import { SetDigest } from '../../stimulus/json.js';
import type { Backdrop, Canvas } from '../../stimulus/stimuli.js';
import { stimulusDigests } from '../../stimulus/turns.js';
import type { StoredSet } from '../../storage/stimulus-sets.js';
import { answerJson } from '../answer.js';
import { bodyClient, readBody } from '../body/read-body.js';
import { CanvasQuery } from '../canvas-query.js';
import { Problem } from '../problem.js';
import { readQuery } from '../request.js';
import type { Route } from '../route.js';
import type { AppDependencies } from '../service.js';
import { openSet, storeOf } from '../stored.js';
import { type AppContext, timed, timing } from '../trace.js';

const ELEMENT_NAMES: Readonly<Record<string, string>> = {
  u1: 'uint8',
  u2: 'uint16',
  f4: 'float32',
};

/** Stimuli that are uploaded once and named by their digest from then on. */
export function stimulusSetRoutes(deps: AppDependencies): Route[] {
  const { clock, limits, decoder } = deps;
  const one = '/v1/stimulus-sets/:digest';
  return [
    { method: 'GET', path: '/v1/stimulus-sets', handler: list },
    { method: 'PUT', path: '/v1/stimulus-sets', handler: put },
    { method: 'GET', path: one, handler: get },
    { method: 'DELETE', path: one, handler: remove, scope: 'admin' },
  ];

  async function put(c: AppContext): Promise<Response> {
    const { sets } = storeOf(deps);
    const query = readQuery(c, CanvasQuery);
    const { fit, dtype } = query;
    const target = targetOf(query);
    const body = await readBody(c, deps);
    const contentType = c.req.header('Content-Type');
    const { stimuli, notes, digests } = await timed(c, clock, 'decode', async () => {
      const asker = 'the query asks for';
      const decoded = await decoder.stimuli(
        { contentType, body, target, asker, limits, fit, dtype },
        bodyClient(c, deps),
      );
      return { ...decoded, digests: await stimulusDigests(decoded.stimuli) };
    });
    c.get('trace').stimuli = stimuli.count;
    const { set, created } = await sets.put(stimuli, digests);
    c.header('Location', `/v1/stimulus-sets/${set.digest}`);
    const answer = () => ({
      ...summary(set),
      stimuli: digests.map((digest, i) => ({ digest, warnings: notes[i] })),
      timing: timing(c.get('trace')),
      id: c.get('trace').requestId,
    });
    return answerJson(c, clock, answer, created ? 201 : 200);
  }

  async function list(c: AppContext): Promise<Response> {
    readQuery(c, z.strictObject({}));
    const { sets } = storeOf(deps);
    const stored = await sets.list();
    return answerJson(c, clock, () => ({
      stimulusSets: stored.map(summary),
      bytes: stored.reduce((sum, { bytes }) => sum + bytes, 0),
      capacity: sets.capacity,
    }));
  }

  async function get(c: AppContext): Promise<Response> {
    readQuery(c, z.strictObject({}));
    const digest = digestIn(c);
    const set = await openSet(deps, digest);
    if (set === undefined) throw unknown(digest);
    c.header('ETag', `"${digest}"`);
    const type = accepts(c, {
      header: 'Accept',
      supports: ['application/json', 'application/x-npy'],
      default: 'application/json',
    });
    if (type === 'application/x-npy') {
      return c.body(new Uint8Array(set.file), 200, { 'Content-Type': type });
    }
    return answerJson(c, clock, () => ({
      ...summary(set.stored),
      stimuli: set.stimulusDigests.map((each) => ({ digest: each })),
    }));
  }

  async function remove(c: AppContext): Promise<Response> {
    readQuery(c, z.strictObject({}));
    const digest = digestIn(c);
    if (!(await storeOf(deps).sets.remove(digest))) throw unknown(digest);
    return c.body(null, 204);
  }
}

function targetOf({ height, width, background, fit }: CanvasQuery): Canvas | Backdrop {
  if (height !== undefined && width !== undefined) return { height, width, background };
  if (height === undefined && width === undefined && fit === 'none') return { background };
  throw new Problem(422, 'height and width go together, and fit needs both');
}

/** What is told of a set without its stimuli. */
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
