import type { Operation } from '../operation.js';
import { type DocumentedRoute, MODEL, type Route, VERSION } from '../route.js';

/** A route, as `POST /v1/stimuli`; the path in Hono's pattern. */
type RouteName = `${Route['method']} /${string}`;

export type Operations = Readonly<Record<RouteName, Operation>>;

/** A model's routes: for the latest version, and for each version by number. */
type ModelOperation<Method extends string, Tail extends string, Under extends string, Told> = {
  readonly [Name in
    | `${Method} ${Under}/models/:model${Tail}`
    | `${Method} ${Under}/models/:model/versions/:version${Tail}`]: Told;
};

/** The same operation of a model's routes for the latest version and for each version by number. */
export function modelOperation<
  const Method extends Route['method'],
  const Tail extends string,
  const Told extends Operation,
  const Under extends '/v1' | '/v2' = '/v1',
>(
  method: Method,
  tail: Tail,
  operation: Told,
  under: Under = '/v1' as Under,
): ModelOperation<Method, Tail, Under, Told> {
  return {
    [`${method} ${under}/models/:model${tail}`]: operation,
    [`${method} ${under}/models/:model/versions/:version${tail}`]: {
      ...operation,
      id: `${operation.id}OfVersion`,
      summary: `${operation.summary} (one version)`,
    },
  } as ModelOperation<Method, Tail, Under, Told>;
}

type PathOf<Name> = Name extends `${string} ${infer Path}` ? Path : never;
type MethodOf<Name> = Name extends `${infer Method} ${string}` ? Method : never;

/** Routes with the operations that are declared apart from them. */
export function withOperations<const Told extends Readonly<Record<RouteName, Operation>>>(
  routes: readonly Route[],
  operations: Told,
) {
  type Documented = {
    [Name in keyof Told]: Told[Name] & {
      readonly method: MethodOf<Name>;
      readonly path: PathOf<Name>;
      readonly handler: Route['handler'];
    };
  }[keyof Told];
  const documented = routes.map((route): DocumentedRoute => {
    const operation = operations[`${route.method} ${route.path}` as RouteName]!;
    return { ...route, ...operation, params: { model: MODEL, version: VERSION } };
  });
  return documented as unknown as Documented[];
}
