import { nearestName } from '../formats/nearest-name.js';

/**
 * The path that was probably meant: the nearest one of the routes, with the names that were given where a
 * route takes any name.
 * @param routes such as `/v1/models/:model/responses`
 * @returns undefined where none is near
 * @example nearestPath('/v1/models/demo/response', ['/v1/models/:model/responses']) // /v1/models/demo/responses
 */
export function nearestPath(given: string, routes: readonly string[]): string | undefined {
  const names = given.replace(/(?<=.)\/+$/, '').split('/');
  const paths = routes
    .map((route) => route.split('/'))
    .filter((parts) => parts.length === names.length);
  const filled = paths.map((parts) =>
    parts.map((part, i) => (part.startsWith(':') ? names[i] : part)),
  );
  return nearestName(
    given,
    filled.map((path) => path.join('/')),
  );
}
