import { type WebSocket, WebSocketServer } from 'ws';
import { Problem } from '../problem.js';
import type { Upgrade } from './upgrade.js';

/** The protocol that a client offers if it names protocols, so that one can be agreed on. */
const STREAM_PROTOCOL = 'hypercolumn';

export interface HandshakeOptions {
  /** Bytes of the longest message that is read; a longer one closes the connection with 1009. */
  readonly maxPayload: number;
  /** Headers of the answer that accepts. */
  readonly headers: Readonly<Record<string, string>>;
}

/**
 * Accepts a WebSocket, uncompressed: pixels hardly shrink, and take longer on the way.
 * @throws Problem 400 when the request is not a WebSocket's
 */
export function acceptWebSocket(
  upgrade: Upgrade,
  { maxPayload, headers }: HandshakeOptions,
): WebSocket {
  const { incoming, socket, head } = upgrade;
  const server = new WebSocketServer({
    noServer: true,
    clientTracking: false,
    perMessageDeflate: false,
    maxPayload,
    // Never answers with the protocol that carries a key.
    handleProtocols: (offered) => offered.has(STREAM_PROTOCOL) && STREAM_PROTOCOL,
  });
  server.on('headers', (lines) => {
    for (const [name, value] of Object.entries(headers)) lines.push(`${name}: ${value}`);
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
  upgrade.taken = true;
  return accepted;
}
