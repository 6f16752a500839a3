import { fileURLToPath } from 'node:url';
import { pino } from 'pino';
import { afterEach, beforeAll, beforeEach, expect } from 'vitest';
import { EngineLostError } from '../../../src/errors.js';
import { startInferenceProcess } from '../../../src/inference/inference-process.js';
import {
  type Addon,
  loadAddon,
  type NativeAnswerer,
} from '../../../src/inference/kernels/addon.js';
import {
  type DirectModel,
  type Mailbox,
  openMailbox,
} from '../../../src/inference/kernels/mailbox.js';
import { packNetworks } from '../../../src/inference/kernels/site-kernels.js';
import { createProcessEngine } from '../../../src/inference/process-engine.js';
import { readModel } from '../../../src/models/saved-model.js';
import { ARCHITECTURES } from '../../../src/network/architectures/index.js';
import type { Stimuli } from '../../../src/stimulus/stimuli.js';
import { randomParameters } from '../../../training/random-model/random-parameters.js';
import { kernelAddon, testWith } from '../../support/capabilities.js';

const capability = kernelAddon();
const test = testWith(capability);
const SIDE = 50;
const STIMULUS = { height: SIDE, width: SIDE, channels: 1 as const, scale: 1, offset: 0 };
const ENTRY = fileURLToPath(
  new URL('../../../dist/src/inference/inference-worker.js', import.meta.url),
);

let addon: Addon;
let mailbox: Mailbox;
let answerer: NativeAnswerer;
let model: DirectModel;
/** Responses of the addon without a mailbox. */
let respondNow: (stimuli: Stimuli, neurons: Int32Array) => Float32Array;

beforeAll(() => {
  if (capability.missing === null) addon = loadAddon(capability.file)!;
});

// Both sides are in this process: the files that another one would inherit have the same numbers.
beforeEach(() => {
  if (capability.missing !== null) return;
  const { network: architecture } = ARCHITECTURES.rf_cnn;
  const networks = Int32Array.of(0, 1, 2, 3, 4);
  const members = [randomParameters(architecture, STIMULUS, [...networks], 1)];
  const site = {
    architecture,
    stimulus: STIMULUS,
    members,
    networks,
    precision: 'float32' as const,
  };
  const { network, weights, multiplications } = packNetworks(addon, site);
  const native = addon.createSite(network, 1).site;
  mailbox = openMailbox(addon)!;
  const [memory, bell] = mailbox.inherited;
  answerer = addon.answerMailbox(memory!, bell!)!;
  model = { site: addon.addSite(answerer, native, weights), multiplications };
  respondNow = ({ pixels, count }, neurons) => {
    const responses = new Float32Array(count * neurons.length);
    addon.respondNow(native, weights, pixels, neurons, responses);
    return responses;
  };
});
afterEach(() => {
  if (capability.missing !== null) return;
  mailbox.close(new Error('the test is over'));
  addon.closeAnswerer(answerer);
});

function images(count: number, seed = 7919): Stimuli {
  const pixels = Float32Array.from(
    { length: count * SIDE ** 2 },
    (_, i) => ((i * seed) % 256) / 255,
  );
  return { count, height: SIDE, width: SIDE, channels: 1, pixels };
}

test('a mailbox gives the responses of the kernels to the last bit, request after request', async () => {
  for (const [count, ...neurons] of [
    [1, 0],
    [3, 4, 0, 4],
    [6, 1, 2, 3],
  ] as const) {
    const [stimuli, columns] = [images(count, 7919 + count), Int32Array.from(neurons)];
    const responses = await mailbox.respond(model, stimuli, columns);
    expect(responses).toEqual(respondNow(stimuli, columns));
    expect(new Set(responses).size).toBeGreaterThanOrEqual(count);
  }
});

test('a mailbox takes one request at a time, and none that other ways answer sooner', async () => {
  const one = Int32Array.of(0);
  const first = mailbox.respond(model, images(1), one);
  expect(mailbox.respond(model, images(1), one)).toBeUndefined();
  await first;
  // 7 images have more pixels than it holds; the limit of a network's multiplications is 4e7 for all responses.
  expect(mailbox.respond(model, images(7), one)).toBeUndefined();
  const costly = { ...model, multiplications: 2.1e7 };
  expect(mailbox.respond(costly, images(1), Int32Array.of(0, 1))).toBeUndefined();
  expect(await mailbox.respond(model, images(1), one)).toEqual(respondNow(images(1), one));
});

test('a mailbox rejects what its answerer cannot compute, and answers the next request', async () => {
  const one = Int32Array.of(0);
  const unknown = { ...model, site: model.site + 1 };
  await expect(mailbox.respond(unknown, images(1), one)).rejects.toThrow('is not loaded');
  const five = mailbox.respond(model, images(1), Int32Array.of(5));
  await expect(five).rejects.toThrow('does not fit the model');
  const short = { ...images(1), count: 2 };
  await expect(mailbox.respond(model, short, one)).rejects.toThrow('does not fit the model');
  expect(await mailbox.respond(model, images(1), one)).toEqual(respondNow(images(1), one));
  addon.removeSite(answerer, model.site);
  await expect(mailbox.respond(model, images(1), one)).rejects.toThrow('is not loaded');
});

test('a mailbox that is closed rejects the request that waits, and takes no more', async () => {
  addon.closeAnswerer(answerer);
  const loss = new EngineLostError('the inference process was killed (SIGKILL)');
  const waiting = mailbox.respond(model, images(1), Int32Array.of(0));
  mailbox.close(loss);
  if (waiting) await expect(waiting).rejects.toBe(loss);
  expect(mailbox.respond(model, images(1), Int32Array.of(0))).toBeUndefined();
});

test('small requests go through the mailbox of the inference process, also after it was killed', async () => {
  const demo = await readModel(fileURLToPath(new URL('../../../models/demo/1', import.meta.url)));
  const first = startInferenceProcess(ENTRY, capability.file);
  let direct = 0;
  const own = first.mailbox!;
  const respond: Mailbox['respond'] = (...request) => {
    const answer = own.respond(...request);
    if (answer) direct += 1;
    return answer;
  };
  const engine = await createProcessEngine({
    choice: { engine: 'onnx', threads: 2 },
    logger: pino({ level: 'silent' }),
    first: { ...first, mailbox: { ...own, respond } },
    entry: ENTRY,
    kernels: capability.file,
  });
  await engine.load(demo.folder, demo.digest);
  const send = (...neurons: number[]) =>
    engine.respond({
      digest: demo.digest,
      stimuli: images(1),
      neurons: Int32Array.from(neurons),
    });
  const all = await send(...demo.card.neurons.keys());
  expect(direct).toBe(0);
  expect([...(await send(2))]).toEqual([all[2]]);
  expect(direct).toBe(1);
  // Together, one goes through the mailbox and the others are messages.
  expect(await Promise.all([send(0), send(1), send(2)])).toEqual(
    [0, 1, 2].map((neuron) => all.slice(neuron, neuron + 1)),
  );
  expect(direct).toBe(2);
  process.kill(engine.pid!, 'SIGSTOP');
  const lost = expect(send(0)).rejects.toThrow(EngineLostError);
  expect(direct).toBe(2);
  await Promise.resolve();
  expect(direct).toBe(3);
  process.kill(engine.pid!, 'SIGKILL');
  await lost;
  expect([...(await send(2))]).toEqual([all[2]]);
  await engine.close();
});
