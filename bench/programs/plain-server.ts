// What two bare programs need for the bytes of a request: a server of node:http, and of WebSockets on the same port, that
// reads a request or a frame and writes an answer as long as the service's. It ends with its input.
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { WebSocketServer } from 'ws';
import { encodeAnswer } from '../../src/formats/stream-frames.js';

const NO_TIMES = { decode: 0, queue: 0, infer: 0 };
const RESPONSES = Float32Array.of(1);
/** About as long as the headers of the service. */
const HEADERS = { 'Content-Type': 'application/octet-stream', 'X-Padding': '-'.repeat(900) };

const server = createServer({ noDelay: true }, (request, answer) => {
  request.resume();
  request.on('end', () => {
    answer.writeHead(200, HEADERS);
    answer.end(new Uint8Array(RESPONSES.buffer));
  });
});
new WebSocketServer({ server, perMessageDeflate: false }).on('connection', (socket) => {
  socket.send('ready');
  socket.on('message', (frame: Buffer) => {
    const header = { sequence: 0, status: 200, flags: 0, times: NO_TIMES };
    socket.send(encodeAnswer(frame, header, RESPONSES, false));
  });
});
server.listen(0, '127.0.0.1', () => {
  const { port } = server.address() as AddressInfo;
  console.log(`ready http://127.0.0.1:${port}`);
});
process.stdin.resume().on('end', () => process.exit());
