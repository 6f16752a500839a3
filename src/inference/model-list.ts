import type { Catalogue, ServedModel, UnusableModel } from './catalogue.js';

/** A version of a model that its source has, or had when it was last read. */
export interface ListEntry {
  readonly name: string;
  readonly version: number;
  /** Of the files that were read last. */
  stamp: string;
  /** What answers requests. */
  served: ServedModel | undefined;
  /** What the source has in its place, and is not, or not yet, loaded. */
  candidate: ServedModel | undefined;
  failure: Failure | undefined;
}

/** Why a version, or what its source has now, is not served. */
interface Failure {
  /** One line. */
  readonly reason: string;
  /** When it may be loaded again because a request needs it, on the repository's clock. */
  readonly retryAt: number;
}

type NameAndVersion = Pick<ListEntry, 'name' | 'version'>;

/** All versions by name and number, and what of them is served. */
export interface ModelList extends Catalogue {
  /** The entry of a version, which is added where there is none. */
  entry(version: NameAndVersion): ListEntry;
  get(version: NameAndVersion): ListEntry | undefined;
  has(entry: ListEntry): boolean;
  remove(entry: ListEntry): void;
  /** In the order of the versions. */
  named(name: string): readonly ListEntry[];
  all(): Iterable<ListEntry>;
  /** Takes note that entries have changed. */
  update(): void;
}

export function createModelList(): ModelList {
  const byName = new Map<string, Map<number, ListEntry>>();
  /** Derived from the entries when they are needed. */
  let lists: Pick<Catalogue, 'served' | 'unusable'> | undefined;

  return {
    entry,
    get: ({ name, version }) => byName.get(name)?.get(version),
    has: (entry) => byName.get(entry.name)?.get(entry.version) === entry,
    remove({ name, version }) {
      const versions = byName.get(name);
      versions?.delete(version);
      if (versions?.size === 0) byName.delete(name);
    },
    named,
    all,
    find(name, version) {
      if (version !== undefined) return byName.get(name)?.get(version)?.served;
      return named(name).findLast(({ served }) => served)?.served;
    },
    update() {
      lists = undefined;
    },
    get served() {
      return current().served;
    },
    get unusable() {
      return current().unusable;
    },
  };

  function entry({ name, version }: NameAndVersion): ListEntry {
    const versions = byName.get(name) ?? new Map<number, ListEntry>();
    byName.set(name, versions);
    const found: ListEntry = versions.get(version) ?? {
      name,
      version,
      stamp: '',
      served: undefined,
      candidate: undefined,
      failure: undefined,
    };
    versions.set(version, found);
    return found;
  }

  function named(name: string): ListEntry[] {
    return [...(byName.get(name)?.values() ?? [])].toSorted((a, b) => a.version - b.version);
  }

  function* all(): Generator<ListEntry> {
    for (const versions of byName.values()) yield* versions.values();
  }

  function current() {
    if (lists) return lists;
    const entries = [...byName.keys()].toSorted().flatMap(named);
    lists = {
      served: entries.flatMap(({ served }) => served ?? []),
      unusable: entries.flatMap(toUnusable),
    };
    return lists;
  }
}

function toUnusable({ name, version, failure }: ListEntry): UnusableModel[] {
  return failure ? [{ name, version, reason: failure.reason }] : [];
}
