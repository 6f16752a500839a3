import type { HttpBindings } from '@hono/node-server';
import { type AppContext, isOverTcp } from '../context.js';
import { Problem, tooMany } from '../problem.js';
import type { Handler, Route } from '../route.js';
import type { Access } from './access.js';
import type { ApiKey, Scope } from './api-keys.js';
import type { KeyRing } from './key-ring.js';
import type { RateLimits } from './rate-limits.js';

/** Wraps a route's handler with the checks of its clients. */
export type Guard = (route: Pick<Route, 'scope' | 'handler'>) => Handler;

const BEARER = /^Bearer +([\x21-\x7e]+)$/i;
/** A key among the protocols that a WebSocket offers. */
const BEARER_PROTOCOL = /(?:^|,)\s*bearer\.([^\s,]+)\s*(?:,|$)/;

/**
 * Admits clients with a key that permits the route, within its rate and the limit of concurrent requests;
 * an open route admits every client.
 */
export function createGuard({ keys, maxConcurrent }: Access, limits: RateLimits): Guard {
  /** Requests in progress, by client; a stream of frames or events is in progress until it ends. */
  const inProgress = new Map<string, number>();
  return ({ scope = 'predict', handler }) => {
    if (scope === 'open') return handler;
    return async (c) => {
      const request = c.get('request');
      const clientId = keys === undefined ? clientAddress(c) : await admitted(c, keys, scope);
      request.clientId = clientId;
      // Counted apart, so that the metrics are read even while other requests of their reader fill the limit.
      const account = scope === 'metrics' ? `metrics ${clientId}` : clientId;
      const others = inProgress.get(account) ?? 0;
      if (others >= maxConcurrent) {
        throw tooMany(
          `too many requests at the same time: ${others + 1}; expected at most ${maxConcurrent}`,
        );
      }
      inProgress.set(account, others + 1);
      try {
        return await handler(c);
      } finally {
        if (request.lasting) void request.lasting.finally(() => leave(account));
        else leave(account);
      }
    };
  };

  function leave(account: string): void {
    const left = inProgress.get(account)! - 1;
    if (left === 0) inProgress.delete(account);
    else inProgress.set(account, left);
  }

  /**
   * The digest of the key that a request carries.
   * @throws Problem 401 without a key that is known, 403 for another scope, 429 beyond its rate
   */
  async function admitted(c: AppContext, ring: KeyRing, scope: Scope): Promise<string> {
    const request = c.get('request');
    const secret = secretIn(c);
    // A stream may outlast its key, so the key is looked up again for each frame.
    request.readmit = async () => void (await admit(c, ring.find(secret), scope));
    const known = ring.find(secret);
    if (known) request.keyName = known.name;
    return (await admit(c, known, scope)).sha256;
  }

  async function admit(c: AppContext, key: ApiKey | undefined, scope: Scope): Promise<ApiKey> {
    if (key === undefined) throw unknownKey(c);
    if (!key.scopes.includes(scope)) {
      throw new Problem(403, `this needs a key with the scope '${scope}'`, {
        headers: challenge(`, error="insufficient_scope", scope="${scope}"`),
      });
    }
    if (key.perSecond === undefined) return key;
    const { seconds, isShared } = await limits.admit(key, key.perSecond);
    if (seconds === 0) return key;
    const where = isShared ? '' : ' at this service';
    throw tooMany(`this key is good for ${key.perSecond} per second${where}`, seconds);
  }
}

/** @throws Problem 401 when the request carries no key */
function secretIn(c: AppContext): string {
  const header = c.req.header('Authorization');
  const secret = header === undefined ? offeredSecret(c) : BEARER.exec(header)?.[1];
  if (secret !== undefined) return secret;
  if (header !== undefined) throw unknownKey(c);
  const place = isOverTcp(c) ? 'key, in the first message' : 'Authorization: Bearer <key>';
  throw new Problem(401, `a key is needed: ${place}`, { headers: challenge('') });
}

/** Web pages can set no other header of a WebSocket; a query parameter would appear in logs. */
function offeredSecret(c: AppContext): string | undefined {
  if (c.env?.connection === undefined) return undefined;
  return BEARER_PROTOCOL.exec(c.req.header('Sec-WebSocket-Protocol') ?? '')?.[1];
}

function unknownKey(c: AppContext): Problem {
  const form = isOverTcp(c) ? '' : ', or is not written as: Bearer <key>';
  return new Problem(401, `the key is not known${form}`, {
    headers: challenge(', error="invalid_token"'),
  });
}

/** RFC 6750. */
function challenge(more: string): Readonly<Record<string, string>> {
  return { 'WWW-Authenticate': `Bearer realm="hypercolumn"${more}` };
}

function clientAddress(c: AppContext): string {
  // Only a server sets them: `app.request` has no socket.
  const { incoming } = (c.env ?? {}) as Partial<HttpBindings>;
  return c.env?.connection?.address ?? incoming?.socket.remoteAddress ?? 'unknown';
}
