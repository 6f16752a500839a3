// Asks a service with the client of the installed package: `client.mjs http://host:port`.
import { argv } from 'node:process';
import { connect, Problem } from 'hypercolumn/client';
import { WebSocket as PackageWebSocket } from 'ws';

const service = connect(argv[2]);
const twin = await service.twin('demo');
const { values, shape } = await twin.respond({ grating: { orientation: 45 } }, { neurons: [0, 3] });
const tuning = await twin.tuning('orientation', { neurons: [3], values: [0, 90] });
const webSocket = globalThis.WebSocket ?? (PackageWebSocket as unknown as typeof WebSocket);
const stream = await twin.stream({ webSocket, neurons: [0, 3] });
const { responses } = await stream.respond(new Uint8Array(2500).fill(128));
stream.close();
await stream.ended;
const error = await service.twin('none').catch((reason: unknown) => reason);
const curve: number = tuning.neurons[0]!.curve.length;
if (`${shape}` !== '1,2' || values.length !== 2 || curve !== 2 || responses.length !== 2) {
  throw new Error(`wrong answers: ${shape}, ${curve}, ${responses.length}; expected 1,2, 2 and 2`);
}
if (!(error instanceof Problem) || error.status !== 404) throw new Error('expected a Problem 404');
console.log(`client: ${values.length + responses.length} responses`);
