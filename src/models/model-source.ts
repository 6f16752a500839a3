import type { ModelCard } from './card.js';

/** A version of a model by its name and number. */
export interface ModelVersion {
  readonly name: string;
  readonly version: number;
}

/** A version as a source lists it. */
export interface ListedVersion extends ModelVersion {
  /** Changes when the files of the version are replaced; found without reading them. */
  readonly stamp: string;
}

/** What a source has. */
export interface SourceListing {
  /** The names of the models, those without a version included. */
  readonly names: readonly string[];
  /** By name, then by version. */
  readonly versions: readonly ListedVersion[];
  /** Links that lead to no model, each with the reason. */
  readonly broken: readonly SkippedName[];
  /** Models whose versions cannot be listed now, each with the reason. */
  readonly unreadable: readonly SkippedName[];
}

export interface SkippedName {
  readonly name: string;
  readonly reason: string;
}

/** The card of a version, and its sha256. */
export interface SourceCard {
  readonly card: ModelCard;
  readonly digest: string;
}

/** Where the served models come from. The files of a version may change at any time. */
export interface ModelSource {
  /**
   * Lists the models; reads none of their files.
   * @param name lists the model of this name alone
   */
  list(name?: string): Promise<SourceListing>;
  /** The highest number that a version of a model has or had, deleted ones included; 0 where there was none. */
  lastVersion(name: string): Promise<number>;
  /**
   * Reads and checks the card of a version, and checks the other files as far as that needs no reading.
   * @throws InputError with the reason when the version cannot be used
   */
  readCard(version: ModelVersion): Promise<SourceCard>;
  /**
   * Makes the files of a version readable on this machine.
   * @param digest of its card
   * @returns their folder, whose path ends with `<name>/<version>`
   * @throws InputError when they are not there, or cannot be had
   */
  localFolder(version: ModelVersion, digest: string): Promise<string>;
}
