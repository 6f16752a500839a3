import type { ModelCard } from '../models/card.js';
import type { Precision } from '../network/precision.js';
import type { Patience } from './patience.js';

/** A model that answers requests; the engine verifies it when it loads it. */
export interface ServedModel {
  readonly name: string;
  readonly version: number;
  readonly digest: string;
  readonly card: ModelCard;
  /** In which it is computed; left out: float32. */
  readonly precision?: Precision;
}

/** A version of a model that is not served, or is served with its earlier content, and the reason. */
export interface UnusableModel {
  readonly name: string;
  readonly version: number;
  /** One line. */
  readonly reason: string;
}

/** The models found under the models folder. */
export interface Catalogue {
  readonly served: readonly ServedModel[];
  readonly unusable: readonly UnusableModel[];
  /** A served model; the largest version when none is named. */
  find(name: string, version?: number): ServedModel | undefined;
}

/** How much memory the loaded models take. */
export interface MemoryUse {
  /** Loaded models. */
  readonly count: number;
  readonly bytes: number;
  /** The most bytes that they may take. */
  readonly capacity: number;
}

/** A catalogue that changes while it is read from. */
export interface ModelRepository extends Catalogue {
  readonly memory: MemoryUse;
  /** Whether the engine has a model. */
  isLoaded(model: ServedModel): boolean;
  /**
   * Keeps a served model until the function that this returns is called, and keeps it in the engine once it
   * is loaded, also when the model is replaced or unloaded meanwhile. Code that uses the engine more than
   * once, or later, holds its model from `find` on.
   */
  hold(model: ServedModel): () => void;
  /**
   * Loads a model that the caller holds into the engine, unless it is there; concurrent calls share one load.
   * @returns seconds that the caller waited, 0 where it was loaded
   * @throws ModelUnavailableError with the reason when it cannot be loaded; ClientDisconnectedError or
   *   DeadlineError when the patience ends, which ends no load
   */
  prepare(model: ServedModel, patience: Patience): Promise<number>;
  /**
   * Tries again to load a version that could not be loaded. Two attempts are at least a second apart.
   * @param version the largest such version when none is named
   * @returns the model, which is served from now on; undefined when there is none, or it failed again
   */
  retry(
    name: string,
    version: number | undefined,
    patience: Patience,
  ): Promise<ServedModel | undefined>;
  /**
   * Serves every version that is in the folder of that name now, and loads it. A version that fails is
   * listed with its reason, and the version served under its number stays.
   * @returns false, and nothing has changed, where there is no such folder
   */
  load(name: string): Promise<boolean>;
  /**
   * Serves no version of that name any longer. The engine unloads each once nothing holds it.
   * @returns false where no such model is known
   */
  unload(name: string): Promise<boolean>;
  /** Serves what is in the models folder now, as after a start. */
  reload(): Promise<void>;
  /**
   * Serves new and changed versions, and no longer those that are gone. A version that was unloaded, or could not
   * be loaded, is read again only when its files have changed, or S3 was away.
   * @returns milliseconds that it took to list the versions
   */
  poll(): Promise<number>;
  /** Removes a model that the engine no longer has. */
  lose(digest: string, reason: string): void;
}
