import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect } from 'vitest';
import { z } from 'zod';
import { decodeNpy } from '../../src/formats/npy.js';
import { exampleTest, runExample, startExample } from '../support/examples.js';
import { demoSite, imagesOf, SHOWN, startDemo } from '../support/rig-service.js';
import { temporaryFolder } from '../support/store.js';

const Responses = z.array(z.array(z.number()));

/** The correlations that a rig prints, of neurons 0 to 3. */
const correlations = (stdout: string) =>
  [...stdout.matchAll(/^neuron (\d): correlation with the animal's single trials (\S+)$/gm)].map(
    ([, neuron, value]) => ({ neuron: Number(neuron), value: Number(value) }),
  );

/** The same correlations whatever the way: the animal's noise has a seed. */
async function expectSameRigs(outputs: readonly string[]): Promise<void> {
  const [first, ...others] = outputs.map(correlations);
  expect(first!.map(({ neuron }) => neuron)).toEqual([0, 1, 2, 3]);
  for (const each of others) expect(each).toEqual(first);
  // The demo model predicts these neurons; single trials are noisy.
  for (const { value } of first!) expect(value).toBeGreaterThan(0.2);
}

exampleTest('the bridges of ZeroMQ and LSL bring the predictions of each image back', async () => {
  const [site, folder, { url }] = await Promise.all([demoSite(), temporaryFolder(), startDemo()]);
  const [images, predictions, replies] = ['images', 'predictions', 'replies'].map(
    (name) => `ipc://${join(folder, name)}`,
  );
  const asked = ['--url', url, '--neurons', '0-3'];
  const places = ['--images', images!, '--predictions', predictions!];
  const shown = ['--site', site, '--count', String(SHOWN)];
  await startExample(['examples/zmq/zmq_bridge.py', ...asked, ...places], 'waits for a subscriber');
  const published = await runExample(['examples/zmq/zmq_rig.py', ...shown, ...places]);
  expect(published.stdout).toContain(`${SHOWN} images, round trip`);

  await startExample(['examples/zmq/zmq_bridge.py', ...asked, '--replies', replies!], 'answers at');
  const requested = await runExample([
    ...['examples/zmq/zmq_rig.py', ...shown],
    ...['--replies', replies!],
  ]);

  // A network of this computer alone, and of this test alone.
  const environment = { LSLAPICFG: join(folder, 'lsl.cfg') };
  await writeFile(
    environment.LSLAPICFG,
    `[multicast]\nResolveScope = machine\n[lab]\nKnownPeers = {127.0.0.1}\nSessionID = ${process.pid}\n`,
  );
  await startExample(
    ['examples/lsl/lsl_bridge.py', ...asked, '--images', imagesOf(site)],
    'waits for markers',
    environment,
  );
  const marked = await runExample(['examples/lsl/lsl_rig.py', ...shown], { environment });
  const late = /time stamps of predictions are those of their markers to (\S+) ms/.exec(
    marked.stdout,
  );
  // Both are on one clock, whose offset LSL measures while both cores may be busy.
  expect(Number(late?.[1])).toBeLessThan(1000);
  await expectSameRigs([published.stdout, requested.stdout, marked.stdout]);
});

exampleTest('the bridge of ZeroMQ says what is wrong with a message', async () => {
  const [folder, { url }] = await Promise.all([temporaryFolder(), startDemo()]);
  const replies = `ipc://${join(folder, 'replies')}`;
  await startExample(
    ['examples/zmq/zmq_bridge.py', '--url', url, '--replies', replies],
    'answers at',
  );
  const { stdout } = await runExample(['test/examples/send_wrong.py', replies]);
  expect(JSON.parse(stdout)).toEqual([
    { error: 'wrong number of parts: 1; expected topic, header and array' },
    { error: 'wrong header: [1]; expected an object' },
    { id: 7, sent: 5, error: 'there is no image; expected three parts: topic, header and pixels' },
    { error: "wrong header: {'id': 8}; expected dtype and shape" },
    { id: 9, sent: null, error: 'wrong shape of an image: (2, 2); expected (50, 50)' },
  ]);
});

exampleTest('the script of the Bonsai workflow predicts what the service answers', async () => {
  const [site, folder, { url }] = await Promise.all([demoSite(), temporaryFolder(), startDemo()]);
  const PREDICTIONS = join(folder, 'predictions.csv');
  const { stdout } = await runExample(['test/examples/play_bonsai.py'], {
    environment: { HYPERCOLUMN_URL: url, IMAGES: imagesOf(site), PREDICTIONS },
  });
  const found = Responses.parse(JSON.parse(stdout));
  const answer = await fetch(`${url}/v1/models/demo/responses`, {
    method: 'POST',
    body: await readFile(imagesOf(site)),
    headers: { 'Content-Type': 'application/x-npy', Accept: 'application/x-npy' },
  });
  const { data } = decodeNpy(new Uint8Array(await answer.arrayBuffer()));
  expect(found.flat()).toEqual([...data].slice(0, 4 * 16));
  const rows = (await readFile(PREDICTIONS, 'utf8')).trim().split('\r\n');
  expect(rows[0]).toMatch(/^image,sent,received,returned,answered,neuron 0,/);
  expect(rows.slice(1).map((row) => row.split(',').length)).toEqual([21, 21, 21, 21]);
});
