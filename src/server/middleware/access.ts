import type { Logger } from 'pino';
import { InputError } from '../../errors.js';
import { type KeyRing, openKeyRing } from './key-ring.js';

/** Which clients may send requests, and from where. */
export interface Access {
  /** Undefined where no key is needed. */
  readonly keys: KeyRing | undefined;
  /** Concurrent requests of one client: of one key or, without keys, of one address. */
  readonly maxConcurrent: number;
  /** Origins whose web pages may use the service, besides its own. */
  readonly origins: readonly string[];
  /** Only programs of this machine are served, and only by a loopback name. */
  readonly localOnly: boolean;
}

export interface AccessSettings extends Pick<Access, 'maxConcurrent' | 'origins'> {
  readonly host: string;
  /** Of the TCP port for streams; undefined where there is none. */
  readonly streamHost: string | undefined;
  /** Empty: none. */
  readonly keysFile: string;
  readonly allowAnonymous: boolean;
}

/**
 * Reads the keys, where there are any.
 * @throws InputError when the keys cannot be used, or when the network could send requests without one
 */
export function openAccess(settings: AccessSettings, logger: Logger): Access {
  const { host, streamHost, keysFile, allowAnonymous, maxConcurrent, origins } = settings;
  const local = isLoopback(host);
  if (keysFile !== '' && allowAnonymous) {
    throw new InputError('ALLOW_ANONYMOUS=1 and API_KEYS_FILE exclude each other: unset one');
  }
  if (keysFile === '' && !allowAnonymous) {
    if (!local) throw openToAll('HOST', host, 'requests');
    if (streamHost !== undefined && !isLoopback(streamHost))
      throw openToAll('STREAM_HOST', streamHost, 'streams');
  }
  const keys = keysFile === '' ? undefined : openKeyRing(keysFile, logger);
  const localOnly = local && keys === undefined && !allowAnonymous;
  return { keys, maxConcurrent, origins, localOnly };
}

function openToAll(setting: string, host: string, what: string): InputError {
  return new InputError(
    `${setting}=${host} accepts ${what} from the network: name its keys with API_KEYS_FILE (npm run ` +
      `make-key), or accept ${what} without a key with ALLOW_ANONYMOUS=1, or keep ${setting}=127.0.0.1`,
  );
}

/** Whether a host name or an address, with or without the brackets of a URL, is this machine. */
export function isLoopback(host: string): boolean {
  return /^(localhost|127(\.\d{1,3}){3}|::1|\[::1\])$/.test(host);
}
