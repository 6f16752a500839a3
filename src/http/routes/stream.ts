import { modelOf, serviceOf } from '../models.js';
import { Problem } from '../problem.js';
import { readQuery } from '../request.js';
import { modelRoute, type Route } from '../route.js';
import type { AppDependencies } from '../service.js';
import { agreeOn, StreamQuery } from '../stream/opening.js';
import type { AppContext } from '../trace.js';

/** Images in and responses out over a WebSocket, for as long as a session takes. */
export function streamRoutes(deps: AppDependencies): Route[] {
  return modelRoute('GET', '/stream', openStream);

  function openStream(c: AppContext): Response {
    const service = serviceOf(deps);
    checkOrigin(c);
    const model = modelOf(c, service);
    const terms = agreeOn(model, readQuery(c, StreamQuery));
    const upgrade = c.env?.upgrade;
    if (upgrade === undefined) {
      throw new Problem(426, 'this is a stream: open it as a WebSocket', {
        headers: { Upgrade: 'websocket' },
      });
    }
    const { requestId } = c.get('trace');
    const { scheduler, catalogue } = service;
    const ended = deps.streams.open({ upgrade, terms, scheduler, requestId });
    void ended.finally(catalogue.hold(model));
    return c.body(null);
  }
}

/**
 * Browsers let any page open a WebSocket to any host, and say only where the page is from.
 * @throws Problem 403 for a page from elsewhere
 */
function checkOrigin(c: AppContext): void {
  const origin = c.req.header('Origin');
  if (origin === undefined) return;
  if (URL.canParse(origin) && new URL(origin).host === c.req.header('Host')) return;
  throw new Problem(403, `pages from ${origin} may not open a stream here`);
}
