import type { ModelCard } from '../models/card.js';

/** A model that the engine has loaded and verified. */
export interface ServedModel {
  readonly name: string;
  readonly version: number;
  readonly digest: string;
  readonly card: ModelCard;
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

/** A catalogue that changes while it is read from. */
export interface ModelRepository extends Catalogue {
  /**
   * Keeps a served model in the engine until the function that this returns is called, also when the
   * model is replaced or unloaded meanwhile. Code that uses the engine more than once, or later, holds
   * its model from `find` on.
   */
  hold(model: ServedModel): () => void;
  /**
   * Serves every version that is in the folder of that name now. A version that fails is
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
  /** Removes a model that the engine no longer has. */
  lose(digest: string, reason: string): void;
}
