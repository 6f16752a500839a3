import { openapiDocument } from '../openapi/document.js';
import { OPERATIONS } from '../openapi/operations.js';
import type { Route } from '../route.js';

/** @param routes all routes of the app, these among them */
export function openapiRoutes(routes: () => readonly Route[]): Route[] {
  let document: ReturnType<typeof openapiDocument> | undefined;
  return [
    {
      method: 'GET',
      path: '/openapi.json',
      scope: 'open',
      handler: (c) => {
        document ??= openapiDocument(routes(), OPERATIONS);
        return c.json(document);
      },
    },
  ];
}
