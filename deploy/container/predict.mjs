// Posts the image on standard input to a service on this machine and prints the responses, with all their
// digits, so that two services can be compared.
//
//   node predict.mjs PORT < image.png
import { buffer } from 'node:stream/consumers';

const port = process.argv.at(-1);
const response = await fetch(`http://127.0.0.1:${port}/v1/models/demo/responses`, {
  method: 'POST',
  headers: { 'Content-Type': 'image/png', Accept: 'application/octet-stream' },
  body: await buffer(process.stdin),
});
if (!response.ok) throw new Error(`${response.status} ${await response.text()}`);
console.log(new Float32Array(await response.arrayBuffer()).join(' '));
