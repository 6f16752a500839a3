import { onTestFinished } from 'vitest';
import { type ListenOptions, listen } from '../../src/server/listen.js';
import { createTestApp, type TestAppOptions } from './app.js';

/** The test app on a free port of this machine, until the test ends. */
export async function startTestApp(options?: TestAppOptions, listenOptions?: ListenOptions) {
  const parts = createTestApp(options);
  const server = await listen(parts.app, { host: '127.0.0.1', port: 0 }, listenOptions);
  onTestFinished(() => server.close());
  return { ...parts, server, url: server.url };
}
