import { type IncomingMessage, type Server, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import type { StreamConnection } from './transport.js';
import { webSocketConnection } from './websocket.js';

type Fetch = (
  request: Request,
  bindings: { readonly connection: StreamConnection },
  socket: Socket,
) => Response | Promise<Response>;

/**
 * Hands requests for a WebSocket to the app, which takes over the connection, or else gives the
 * answer. No other protocol is offered: a request for one is answered as a plain HTTP request.
 */
export function answerUpgrades(server: Server, fetch: Fetch): void {
  server.on('upgrade', (incoming: IncomingMessage, socket: Socket, head: Buffer) => {
    // Nothing else listens yet, and a client that resets the connection must not end the process.
    socket.on('error', () => socket.destroy());
    if (incoming.method === 'GET' && incoming.headers.upgrade?.toLowerCase() === 'websocket') {
      const connection = webSocketConnection({ incoming, socket, head });
      void answer(connection, { incoming, socket }, fetch);
    } else {
      socket.unshift(Buffer.concat([headWithoutUpgrade(incoming), head]));
      server.emit('connection', socket);
    }
  });
}

async function answer(
  connection: StreamConnection,
  { incoming, socket }: { readonly incoming: IncomingMessage; readonly socket: Socket },
  fetch: Fetch,
): Promise<void> {
  const request = requestFrom(incoming);
  const response = request
    ? await fetch(request, { connection }, socket)
    : new Response(null, { status: 400 });
  if (connection.taken) return;
  const body = Buffer.from(await response.arrayBuffer());
  const outgoing = new ServerResponse(incoming);
  outgoing.assignSocket(socket);
  outgoing.shouldKeepAlive = false;
  outgoing.once('finish', () => socket.destroySoon());
  const headers = { ...Object.fromEntries(response.headers), 'Content-Length': body.length };
  outgoing.writeHead(response.status, headers).end(body);
}

/** The request as the app reads it; undefined where there can be no such request. */
function requestFrom({ url = '/', headers, rawHeaders }: IncomingMessage): Request | undefined {
  try {
    const target = new URL(url, `http://${headers.host ?? 'localhost'}`);
    return new Request(target, { headers: pairsIn(rawHeaders) });
  } catch {
    return undefined;
  }
}

function headWithoutUpgrade({ method, url, httpVersion, rawHeaders }: IncomingMessage): Buffer {
  const fields = pairsIn(rawHeaders)
    .filter(([name]) => name.toLowerCase() !== 'upgrade')
    .map(([name, value]) => `${name}: ${value}\r\n`);
  return Buffer.from(`${method} ${url} HTTP/${httpVersion}\r\n${fields.join('')}\r\n`, 'latin1');
}

function pairsIn(rawHeaders: readonly string[]): [string, string][] {
  return rawHeaders.flatMap((name, i) => (i % 2 === 0 ? [[name, rawHeaders[i + 1]!]] : []));
}
