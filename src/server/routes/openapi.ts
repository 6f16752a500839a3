import { z } from 'zod';
import { openapiDocument } from '../openapi/document.js';
import { json } from '../operation.js';
import { type Route, route } from '../route.js';
import type { AppDependencies } from '../service.js';

/** @param routes all routes of the app, this one among them */
export function openapiRoutes(deps: AppDependencies, routes: () => readonly Route[]) {
  let document: ReturnType<typeof openapiDocument> | undefined;
  const openapi = route(
    deps,
    {
      method: 'GET',
      path: '/openapi.json',
      scope: 'open',
      id: 'openapi',
      tag: 'service',
      summary: 'This document',
      answers: json('OpenAPI 3.1', z.record(z.string(), z.unknown())),
    },
    (c) => {
      document ??= openapiDocument(routes());
      return c.json(document);
    },
  );
  return [openapi];
}
