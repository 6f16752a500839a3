import type { Server } from 'node:net';

/** Where a server listens. */
export interface Address {
  readonly host: string;
  readonly port: number;
  /** The environment variable that names the port; PORT by default. */
  readonly setting?: 'PORT' | 'HEALTH_PORT' | 'STREAM_PORT';
}

/** The service cannot start, for a reason that the operator can change. */
export class StartError extends Error {
  override readonly name = 'StartError';
}

const REMEDIES: Readonly<Record<string, (address: Address) => string>> = {
  EADDRINUSE: ({ port, setting = 'PORT' }) =>
    `${setting}=${port} is in use: stop what listens there, or choose another, e.g. ` +
    `${setting}=${port + 1}`,
  EACCES: ({ port, setting = 'PORT' }) =>
    `${setting}=${port} may not be opened by this user: choose one above 1023`,
  EADDRNOTAVAIL: (address) =>
    `${hostSetting(address)} is not an address of this machine: ${address.host}; expected 127.0.0.1, ` +
    'or 0.0.0.0 for all',
  ENOTFOUND: (address) =>
    `${hostSetting(address)} is not a known name: ${address.host}; expected 127.0.0.1, or 0.0.0.0 for all`,
};

/**
 * Makes a server listen.
 * @param scheme of the URL, such as `http`
 * @returns the URL, without a slash at its end
 * @throws StartError naming the remedy when the address cannot be listened on
 */
export async function bind(server: Server, scheme: string, address: Address): Promise<string> {
  await new Promise<void>((resolve, reject) => {
    server.once('error', (cause: NodeJS.ErrnoException) => {
      const remedy = REMEDIES[cause.code ?? '']?.(address);
      reject(new StartError(remedy ?? `cannot listen: ${cause.message}`, { cause }));
    });
    server.listen(address.port, address.host, resolve);
  });
  const bound = server.address();
  const port = typeof bound === 'object' && bound ? bound.port : '';
  const { host } = address;
  return `${scheme}://${host.includes(':') ? `[${host}]` : host}:${port}`;
}

function hostSetting({ setting }: Address): string {
  return setting === 'STREAM_PORT' ? 'STREAM_HOST' : 'HOST';
}
