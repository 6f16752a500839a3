import { modelOf, serviceOf } from '../models.js';
import { Problem } from '../problem.js';
import { readQuery } from '../request.js';
import { modelRoute, type Route } from '../route.js';
import type { AppDependencies } from '../service.js';
import type { AppContext } from '../trace.js';
import { agreeOn, StreamQuery } from '../websocket/opening.js';

/** Images in and responses out over a WebSocket, for as long as a session takes. */
export function streamRoutes(deps: AppDependencies): Route[] {
  return modelRoute('GET', '/stream', openStream);

  function openStream(c: AppContext): Response {
    const service = serviceOf(deps);
    const model = modelOf(c, service);
    const terms = agreeOn(model, readQuery(c, StreamQuery));
    const upgrade = c.env?.upgrade;
    if (upgrade === undefined) {
      throw new Problem(426, 'this is a stream: open it as a WebSocket', {
        headers: { Upgrade: 'websocket' },
      });
    }
    const trace = c.get('trace');
    const { scheduler, catalogue } = service;
    const ended = deps.streams.open({ upgrade, terms, scheduler, ...trace });
    trace.lasting = ended;
    void ended.finally(catalogue.hold(model));
    return c.body(null);
  }
}
