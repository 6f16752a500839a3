import { StorageError } from '../errors.js';
import { onDisk } from '../files/disk-error.js';

/** S3 failed to do what was requested. */
export class StorageFault extends Error {
  override readonly name = 'StorageFault';
  /** With the code: `the storage of DATA_DIR cannot be reached (ECONNREFUSED)`. */
  readonly reason: string;
  /** Whether it is likely to pass without a change of settings. */
  readonly isPassing: boolean;

  constructor(reason: string, isPassing: boolean, cause: unknown) {
    super(reason, { cause });
    this.reason = reason;
    this.isPassing = isPassing;
  }
}

/**
 * Does something with objects.
 * @param what the message begins with where that fails, such as `the job cannot be saved`
 * @throws DiskError or StorageError in place of the error of the system or of S3
 */
export async function inStorage<T>(what: string, work: () => Promise<T>): Promise<T> {
  try {
    return await onDisk(what, work);
  } catch (error) {
    if (!(error instanceof StorageFault)) throw error;
    const remedy = error.isPassing ? 'send it again later' : 'mend that, then send it again';
    throw new StorageError(`${what}: ${error.reason}; ${remedy}`, error, error);
  }
}
