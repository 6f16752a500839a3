import type { ModelRepository, ServedModel, UnusableModel } from '../../src/inference/catalogue.js';

export interface FixedRepository extends ModelRepository {
  /** Digests of the leased models, once for each lease. */
  readonly held: readonly string[];
}

/** A repository with fixed models. */
export function fixedRepository(
  served: readonly ServedModel[],
  unusable: readonly UnusableModel[],
): FixedRepository {
  const held: string[] = [];
  const knows = async (name: string) =>
    [...served, ...unusable].some((model) => model.name === name);
  return {
    served,
    unusable,
    held,
    find: (name, version) =>
      served.findLast(
        (model) => model.name === name && (version === undefined || model.version === version),
      ),
    hold: ({ digest }) => {
      held.push(digest);
      return () => {
        held.splice(held.indexOf(digest), 1);
      };
    },
    memory: { count: served.length, bytes: 0, capacity: 0 },
    isLoaded: () => true,
    prepare: async () => 0,
    retry: async () => undefined,
    load: knows,
    unload: knows,
    reload: async () => {},
    poll: async () => 0,
    lose: () => {},
  };
}
