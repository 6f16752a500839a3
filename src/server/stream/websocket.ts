import type { IncomingMessage } from 'node:http';
import type { Socket } from 'node:net';
import { type WebSocket, WebSocketServer } from 'ws';
import { Problem } from '../problem.js';
import type { Agreement, StreamConnection, Transport, TransportEvents } from './transport.js';

/** The protocol that a client offers if it names protocols, so that one can be agreed on. */
const STREAM_PROTOCOL = 'hypercolumn';
/** Pings without an answer after which a client is considered dead. */
const MISSED_PINGS = 3;
/** The codes with which the WebSocket itself closes on faults in its protocol; 1002 on all others. */
const FAULTS: Readonly<Record<string, number>> = {
  WS_ERR_UNSUPPORTED_MESSAGE_LENGTH: 1009,
  WS_ERR_TOO_MANY_BUFFERED_PARTS: 1008,
  WS_ERR_INVALID_UTF8: 1007,
};

/** A request for a WebSocket on its connection. */
interface Upgrade {
  readonly incoming: IncomingMessage;
  readonly socket: Socket;
  /** What the client has sent since. */
  readonly head: Buffer;
}

/** A connection on which a client requests a WebSocket. */
export function webSocketConnection(upgrade: Upgrade): StreamConnection {
  let taken = false;
  return {
    kind: 'websocket',
    address: upgrade.socket.remoteAddress ?? 'unknown',
    get taken() {
      return taken;
    },
    accept(agreement) {
      const webSocket = shakeHands(upgrade, agreement);
      taken = true;
      return webSocketTransport(webSocket, upgrade.socket, agreement);
    },
  };
}

/** Accepts a WebSocket, uncompressed: pixels hardly shrink, and take longer on the way. */
function shakeHands(
  { incoming, socket, head }: Upgrade,
  { frameBytes, requestId, tag }: Agreement,
): WebSocket {
  const server = new WebSocketServer({
    noServer: true,
    clientTracking: false,
    perMessageDeflate: false,
    maxPayload: frameBytes,
    // Never answers with the protocol that carries a key.
    handleProtocols: (offered) => offered.has(STREAM_PROTOCOL) && STREAM_PROTOCOL,
  });
  server.on('headers', (lines) => {
    lines.push(`X-Request-Id: ${requestId}`, `ETag: "${tag}"`);
  });
  let refusal = 'the client has gone';
  server.on('wsClientError', ({ message }) => {
    refusal = message;
  });
  let accepted: WebSocket | undefined;
  server.handleUpgrade(incoming, socket, head, (webSocket) => {
    accepted = webSocket;
  });
  if (accepted === undefined) {
    throw new Problem(400, `no WebSocket: ${refusal}`, {
      headers: { 'Sec-WebSocket-Version': '13' },
    });
  }
  return accepted;
}

/** @param socket what the WebSocket runs over */
function webSocketTransport(
  webSocket: WebSocket,
  socket: Socket,
  { timing }: Agreement,
): Transport {
  return {
    listen,
    send: (message) => webSocket.send(message),
    get isPaused() {
      return webSocket.isPaused;
    },
    pause: () => webSocket.pause(),
    resume: () => webSocket.resume(),
    get isFull() {
      return socket.writableNeedDrain;
    },
    onceDrained: (callback) => void socket.once('drain', callback),
    close: (code, reason) => webSocket.close(code, reason),
    terminate: () => webSocket.terminate(),
  };

  function listen({ message, fault, closed }: TransportEvents): void {
    let missedPings = 0;
    const markAlive = () => {
      missedPings = 0;
    };
    const heartbeat = setInterval(() => {
      // Pongs are not read while the stream is paused.
      if (webSocket.isPaused || webSocket.readyState !== webSocket.OPEN) return;
      if (missedPings === MISSED_PINGS) {
        fault({ code: 1006, reason: 'the client gives no sign of life' });
        webSocket.terminate();
      } else {
        missedPings++;
        webSocket.ping();
      }
    }, timing.heartbeat);
    webSocket.on('message', (bytes: Buffer, isBinary: boolean) => {
      markAlive();
      message(bytes, isBinary);
    });
    webSocket.on('ping', markAlive);
    webSocket.on('pong', markAlive);
    webSocket.on('error', ({ message: reason, code = '' }: NodeJS.ErrnoException) => {
      fault({ code: FAULTS[code] ?? 1002, reason });
    });
    webSocket.once('close', (code, reason) => {
      clearInterval(heartbeat);
      closed({ code, reason: reason.toString() });
    });
  }
}
