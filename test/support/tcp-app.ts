import { onTestFinished } from 'vitest';
import { listenForStreams, type StreamPortOptions } from '../../src/server/stream/tcp-port.js';
import type { TestAppOptions } from './app.js';
import { startTestApp } from './listening-app.js';
import { openTcp } from './tcp-client.js';

/** Opens a stream of the tiny model, whose images have 3x2 pixels. */
export const OPENING = { model: 'tiny', dtype: 'uint8' };

/** The test app with a TCP port. */
export async function startTcpApp(
  options: TestAppOptions = {},
  port: Partial<StreamPortOptions> = {},
) {
  const parts = await startTestApp(options);
  const tcp = await listenForStreams(
    parts.app.fetch,
    { host: '127.0.0.1', port: 0, setting: 'STREAM_PORT' },
    {
      limits: { maxConnections: 1024, maxConnectionsPerAddress: 1024 },
      clock: () => performance.now(),
      ...port,
    },
  );
  onTestFinished(() => tcp.close());
  const lines = () => parts.log.filter(({ msg }) => msg === 'stream');
  return { ...parts, tcp, lines, open: (opening: unknown = OPENING) => openTcp(tcp.url, opening) };
}

/** Sockets of this process that are open at either side. */
export const openSockets = () =>
  process.getActiveResourcesInfo().filter((name) => name === 'TCPSocketWrap').length;
