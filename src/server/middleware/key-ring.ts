import { readFileSync, statSync } from 'node:fs';
import type { Logger } from 'pino';
import { InputError } from '../../errors.js';
import { type ApiKey, findKey, parseKeys } from './api-keys.js';

/** The keys that are accepted. */
export interface KeyRing {
  find(secret: string): ApiKey | undefined;
  /** Reads the file again; a file with an error leaves the keys as they were. */
  readonly reload: () => void;
}

/** Permissions of a file, for those who are neither its owner nor in its group. */
const OTHERS_READ = 0o004;
const OTHERS_WRITE = 0o002;

/**
 * Reads the keys in a file.
 * @throws InputError when it cannot be read, has a bad line, or can be written by anyone
 */
export function openKeyRing(file: string, logger: Logger): KeyRing {
  let keys = readKeys(file, logger);
  return {
    find: (secret) => findKey(keys, secret),
    reload() {
      try {
        keys = readKeys(file, logger);
        logger.info({ keys: keys.map(({ name }) => name) }, 'the keys were read again');
      } catch (error) {
        if (!(error instanceof InputError)) throw error;
        logger.error({ reason: error.message }, 'the keys stay as they were');
      }
    },
  };
}

function readKeys(file: string, logger: Logger): ApiKey[] {
  const setting = `API_KEYS_FILE=${JSON.stringify(file)}`;
  const { text, mode } = readText(file, setting);
  if (mode & OTHERS_WRITE) {
    throw new InputError(
      `${setting} can be written by anyone, who could add a key of their own: chmod o-w it`,
    );
  }
  if (mode & OTHERS_READ) logger.warn(`${setting} can be read by anyone: chmod o-r it`);
  try {
    const keys = parseKeys(text);
    if (keys.length === 0) logger.warn(`${setting} holds no key: every request is rejected`);
    return keys;
  } catch (error) {
    if (!(error instanceof InputError)) throw error;
    throw new InputError(`${setting}, ${error.message}`, error.problems, { cause: error });
  }
}

function readText(file: string, setting: string): { text: string; mode: number } {
  try {
    return { text: readFileSync(file, 'utf8'), mode: statSync(file).mode };
  } catch (cause) {
    const { code } = cause as NodeJS.ErrnoException;
    throw new InputError(
      `${setting} cannot be read (${code}): npm run make-key prints a line for it`,
      [],
      { cause },
    );
  }
}
