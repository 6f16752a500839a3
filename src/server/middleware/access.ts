import type { Logger } from 'pino';
import { InputError } from '../../errors.js';
import { type KeyRing, openKeyRing } from './key-ring.js';

/** Who may ask, and from where. */
export interface Access {
  /** Undefined where nobody needs a key. */
  readonly keys: KeyRing | undefined;
  /** Requests in hand of one client: of one key or, without keys, of one address. */
  readonly maxConcurrent: number;
  /** Whose web pages may use the service, besides its own. */
  readonly origins: readonly string[];
  /** Only this machine's programs may ask, and only by a loopback name. */
  readonly localOnly: boolean;
}

export interface AccessSettings extends Pick<Access, 'maxConcurrent' | 'origins'> {
  readonly host: string;
  /** Empty: none. */
  readonly keysFile: string;
  readonly allowAnonymous: boolean;
}

/**
 * Reads the keys, where there are any.
 * @throws InputError when the keys cannot be used, or when the network could ask without any
 */
export function openAccess(settings: AccessSettings, logger: Logger): Access {
  const { host, keysFile, allowAnonymous, maxConcurrent, origins } = settings;
  const local = isLoopback(host);
  if (keysFile !== '' && allowAnonymous) {
    throw new InputError('ALLOW_ANONYMOUS=1 and API_KEYS_FILE exclude each other: unset one');
  }
  if (keysFile === '' && !local && !allowAnonymous) {
    throw new InputError(
      `HOST=${host} lets the network ask: name the keys it needs with API_KEYS_FILE (npm run ` +
        'make-key), or let everybody ask with ALLOW_ANONYMOUS=1, or stay on 127.0.0.1',
    );
  }
  const keys = keysFile === '' ? undefined : openKeyRing(keysFile, logger);
  const localOnly = local && keys === undefined && !allowAnonymous;
  return { keys, maxConcurrent, origins, localOnly };
}

/** Whether a host name, or an address as it stands in a URL or without brackets, is this machine. */
export function isLoopback(host: string): boolean {
  return /^(localhost|127(\.\d{1,3}){3}|::1|\[::1\])$/.test(host);
}
