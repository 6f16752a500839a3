/** What is known of an object without its content. */
export interface ObjectInfo {
  /** Its name in the store, such as `stimulus-sets/4f0c….npy`. */
  readonly key: string;
  readonly bytes: number;
  /** When it was last written. */
  readonly modified: Date;
  /** sha256 of its content, where the store keeps that. */
  readonly sha256?: string | undefined;
  /** Differs when the content does, where the store says so in its listing. */
  readonly tag?: string | undefined;
}

/** An object, or its first bytes. */
export interface ReadObject extends ObjectInfo {
  readonly content: Buffer;
}

export interface PutOptions {
  /** Writes only if there is no object of this key; of several writers at a time, one writes. */
  readonly ifAbsent?: boolean;
}

/**
 * Objects by their keys, in a folder or in S3. An object is written whole or not at all: no reader ever sees
 * a part of one, even where the writer was killed or its connection was cut.
 *
 * A failure is thrown as the system or S3 reports it; `inStorage` turns it into an error for clients.
 */
export interface ObjectStore {
  /** Where it is: a folder, or `s3://bucket/prefix`. */
  readonly place: string;
  /**
   * @returns undefined when there is none
   * @throws InputError when it is larger than `most` bytes, or is not a file
   */
  read(key: string, most: number): Promise<ReadObject | undefined>;
  /** Reads at most `length` of its first bytes. */
  readStart(key: string, length: number): Promise<ReadObject | undefined>;
  stat(key: string): Promise<ObjectInfo | undefined>;
  /** @returns whether it was written; false only with `ifAbsent` */
  put(key: string, content: Uint8Array, options?: PutOptions): Promise<boolean>;
  /** Lists all objects, read a page at a time, in no order. */
  list(): AsyncIterable<ObjectInfo>;
  /** Removes an object, if there is one. */
  remove(key: string): Promise<void>;
  /** The objects whose keys begin with `name/`, by the rest of their keys. */
  within(name: string): ObjectStore;
}
