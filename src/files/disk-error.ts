import { DiskError } from '../errors.js';

/**
 * @param what the system could not do, which the message begins with
 * @param setting that names the folder
 */
export function diskError(
  what: string,
  cause: NodeJS.ErrnoException,
  setting = 'DATA_DIR',
): DiskError {
  const { code = 'unknown' } = cause;
  const isFull = FULL.has(code);
  const words = REASONS.get(code)?.replace('DATA_DIR', setting);
  const reason = `${words ?? 'the system reports an error'} (${code})`;
  const remedy = isFull ? 'free some space there' : 'mend that';
  return new DiskError(`${what}: ${reason}; ${remedy}, then send it again`, reason, isFull, cause);
}

const FULL: ReadonlySet<string> = new Set(['ENOSPC', 'EDQUOT', 'EFBIG']);

const REASONS: ReadonlyMap<string, string> = new Map([
  ['ENOSPC', 'the disk of DATA_DIR is full'],
  ['EDQUOT', 'the quota on the disk of DATA_DIR is used up'],
  ['EFBIG', 'the file would be larger than the system allows'],
  ['EROFS', 'the disk of DATA_DIR is read-only'],
  ['EACCES', 'the service has no permission in DATA_DIR'],
  ['EPERM', 'the service has no permission in DATA_DIR'],
  ['ENOENT', 'a file or folder of DATA_DIR is gone'],
  ['ENOTDIR', 'a folder of DATA_DIR is not a folder'],
  ['EISDIR', 'a folder is in the place of a file in DATA_DIR'],
  ['ELOOP', 'a link in DATA_DIR leads back to itself'],
  ['EIO', 'the disk of DATA_DIR reports an input/output error'],
  ['ESTALE', 'the network disk of DATA_DIR has lost the file'],
  ['EMFILE', 'the service has too many files open'],
  ['ENFILE', 'the system has too many files open'],
]);

/**
 * Does something with files of a folder that a setting names.
 * @param what the message begins with where the system fails, such as `the job cannot be saved`
 * @throws DiskError in place of the system's own error
 */
export async function onDisk<T>(
  what: string,
  work: () => Promise<T>,
  setting?: 'MODELS_DIR' | 'TMPDIR',
): Promise<T> {
  try {
    return await work();
  } catch (error) {
    throw isSystemError(error) ? diskError(what, error, setting) : error;
  }
}

/** Whether this is an error of the operating system, not a bug. */
export function isSystemError(error: unknown): error is NodeJS.ErrnoException {
  return error instanceof Error && 'code' in error && 'syscall' in error;
}

export function hasCode(error: unknown, ...codes: readonly string[]): boolean {
  return error instanceof Error && 'code' in error && codes.includes(String(error.code));
}

/** For `catch`: undefined for an error with one of these codes; any other is thrown on. */
export function unless(...codes: readonly string[]): (error: unknown) => undefined {
  return (error) => {
    if (!hasCode(error, ...codes)) throw error;
  };
}
