import type { StoredElement } from '../../../src/formats/npy-elements.js';

/** What an attribute holds. An object reference is the path of the object; a boolean is 0 or 1. */
export type AttributeValue = string | number | readonly string[] | readonly number[];

export type Attributes = Readonly<Record<string, AttributeValue>>;

export interface Hdf5Group {
  readonly kind: 'group';
  /** From `/`, without a slash at the end. */
  readonly path: string;
  readonly attributes: Attributes;
}

export interface Hdf5Dataset {
  readonly kind: 'dataset';
  readonly path: string;
  readonly attributes: Attributes;
  /** [] for a single value. */
  readonly shape: readonly number[];
  /** The type of its numbers, or what else it holds. */
  readonly element: StoredElement | 'string' | 'reference' | 'other';
  /** Where it is stored in parts, the shape of one. */
  readonly chunks: readonly number[] | null;
  /** Why its values cannot be read, and what to do; undefined where they can. */
  readonly problem: string | undefined;
}

/** A second name of an object of the same file. */
export interface Hdf5Link {
  readonly kind: 'link';
  readonly path: string;
  /** The path of the object, which there may not be. */
  readonly target: string;
}

/** A name of an object of another file. */
export interface Hdf5ExternalLink {
  readonly kind: 'external-link';
  readonly path: string;
  readonly file: string;
}

export type Hdf5Node = Hdf5Group | Hdf5Dataset | Hdf5Link | Hdf5ExternalLink;
