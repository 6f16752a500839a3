import { prepareModel } from '../models.js';
import { Problem } from '../problem.js';
import { modelRoute } from '../route.js';
import type { AppDependencies } from '../service.js';
import { agreeOn, StreamQuery } from '../stream/opening.js';

/** Images in and responses out over a WebSocket, for as long as a session takes. */
export function streamRoutes(deps: AppDependencies) {
  return modelRoute(
    deps,
    {
      method: 'GET',
      path: '/v1/models/:model/stream',
      id: 'stream',
      tag: 'responses',
      summary: 'A WebSocket: one image in, one response out, in order',
      description: 'Frames are laid out as docs/stream.md describes.',
      query: StreamQuery,
      answers: { 101: { description: 'The stream is open' } },
      errors: [422, 426],
    },
    async (c, { service, model, query }) => {
      const terms = agreeOn(model, query);
      const connection = c.env?.connection;
      if (connection === undefined) {
        throw new Problem(426, 'this is a stream: open it as a WebSocket', {
          headers: { Upgrade: 'websocket' },
        });
      }
      await prepareModel(c, service, model, undefined);
      const request = c.get('request');
      const { scheduler, catalogue } = service;
      const ended = deps.streams.open({ connection, terms, scheduler, request });
      request.lasting = ended;
      void ended.finally(catalogue.hold(model));
      return c.body(null);
    },
  );
}
