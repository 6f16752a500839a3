import { createApp, createHealthApp } from './app.js';
import { type HttpServer, listen, SERVER_LIMITS } from './listen.js';
import type { AdmissionLimits } from './middleware/admission.js';
import type { AppDependencies } from './service.js';
import { listenForStreams } from './stream/tcp-port.js';

/** Where the service listens. A port that is undefined is not opened. */
export interface PortSettings {
  readonly host: string;
  readonly port: number;
  /** Of `host`, for health checks. */
  readonly healthPort: number | undefined;
  readonly streamHost: string;
  /** For streams over plain TCP. */
  readonly streamPort: number | undefined;
  /** Of the connections of clients. */
  readonly limits: AdmissionLimits;
}

/** The open ports of the service. */
export interface Ports extends HttpServer {
  /** The URL of the port for streams over plain TCP, such as `tcp://127.0.0.1:8081`. */
  readonly streamsUrl: string | undefined;
  /** Closes the port for health checks, which is the last. */
  closeHealth(): Promise<void>;
}

/**
 * Opens the ports of the service one after the other.
 * @param onOpen is called for each with what it does and its URL, such as `listening`, `http://127.0.0.1:8080`
 * @throws StartError naming the remedy when one cannot be opened
 */
export async function openPorts(
  parts: AppDependencies,
  { host, port, healthPort, streamHost, streamPort, limits }: PortSettings,
  onOpen: (what: string, url: string) => void,
): Promise<Ports> {
  const { clock } = parts;
  const onDrop = parts.metrics.connectionDrop;
  const app = createApp(parts);
  const accepting = { limits: { ...SERVER_LIMITS, ...limits }, onDrop, clock };
  const http = await listen(app, { host, port }, accepting);
  onOpen('listening', http.url);
  const health =
    healthPort === undefined
      ? undefined
      : await listen(
          createHealthApp(parts),
          { host, port: healthPort, setting: 'HEALTH_PORT' },
          { onDrop, clock },
        );
  if (health) onOpen('listening for health checks', health.url);
  const streams =
    streamPort === undefined
      ? undefined
      : await listenForStreams(
          app.fetch,
          { host: streamHost, port: streamPort, setting: 'STREAM_PORT' },
          accepting,
        );
  if (streams) onOpen('listening for streams', streams.url);
  return {
    streamsUrl: streams?.url,
    url: http.url,
    async close() {
      await Promise.all([http.close(), streams?.close()]);
    },
    async closeHealth() {
      await health?.close();
    },
  };
}
