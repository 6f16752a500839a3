import { cp, readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { decodeNpy } from '../../src/formats/npy.js';
import { FLAGS } from '../../src/formats/stream-frames.js';
import { createTfjsEngine } from '../../src/inference/tfjs/tfjs-engine.js';
import { openBackend } from '../../src/network/backends/open.js';
import { deviation, mean, saveRandomEnsemble } from '../support/ensembles.js';
import { greatestDifference } from '../support/numbers.js';
import { type RunningService, startService } from '../support/service.js';
import { sharedFolder } from '../support/store.js';
import { openStream, requestRejectedStream } from '../support/stream-client.js';

const NEURONS = 4;
const MEMBERS = 3;
/** Of the largest number: networks are computed in other groups than those of the members alone. */
const TOLERANCE = 1e-6;
const NAME = 'joined';
const ALONE = Array.from({ length: MEMBERS }, (_, i) => `${NAME}-${i + 1}`);
/** Limits of the spread, of an ensemble that is warned of always, and of one that never is. */
const WARNING = { doubtful: 1e-9, sure: 1e9 } as const;
const GABOR = { gabor: { orientation: 60, sigmaX: 4, sigmaY: 7 } };
const STIMULI = { stimuli: [GABOR, { grating: { orientation: 20 } }] };

const folder = sharedFolder();
let service: RunningService;

beforeAll(async () => {
  const engine = createTfjsEngine(await openBackend('wasm'));
  const options = { architecture: 'rf_cnn', neurons: NEURONS, members: MEMBERS } as const;
  await saveRandomEnsemble(engine, folder, NAME, options);
  await engine.close();
  for (const [name, limit] of Object.entries(WARNING)) await saveWarning(name, limit);
  service = await startService({ GRACE_SECONDS: '0', MODELS_DIR: folder });
});
afterAll(() => service.kill());

/** Saves the ensemble with limits of the spread of its members, the same for each neuron. */
async function saveWarning(name: string, limit: number): Promise<void> {
  const place = path.join(folder, name, '1');
  await cp(path.join(folder, NAME, '1'), place, { recursive: true });
  const card = JSON.parse(await readFile(path.join(place, 'card.json'), 'utf8')) as object;
  const perNeuron = new Array(NEURONS).fill(limit);
  const calibration = {
    ...{ split: 'heldout', images: 20, intervals: [], residual: perNeuron },
    spread: { neurons: perNeuron, mean: 1 },
  };
  await writeFile(path.join(place, 'card.json'), JSON.stringify({ ...card, name, calibration }));
}

function send(model: string, route: string, body: object, accept = 'application/json') {
  return fetch(`${service.url}/v1/models/${model}/${route}`, {
    method: 'POST',
    headers: { 'Content-Type': 'application/json', Accept: accept },
    body: JSON.stringify(body),
  });
}

async function answer(model: string, route: string, body: object) {
  const response = await send(model, route, body);
  const text = await response.text();
  expect(response.status, `${model}, ${route}: ${text}`).toBe(200);
  return JSON.parse(text);
}

/** Compares numbers with those that a function makes of the numbers of each member. */
function expectFrom(
  actual: readonly number[],
  members: readonly (readonly number[])[],
  make: (values: readonly number[]) => number,
): void {
  const expected = actual.map((_, i) => make(members.map((values) => values[i]!)));
  const largest = Math.max(...members.flat().map(Math.abs));
  expect(greatestDifference(actual, expected)).toBeLessThan(TOLERANCE * largest);
}

test('responses have the mean of the members and, where it is asked for, their standard deviation', async () => {
  const plain = await answer(NAME, 'responses', STIMULI);
  expect(plain).not.toHaveProperty('spread');
  const { responses, spread } = await answer(NAME, 'responses?spread=true', STIMULI);
  expect(responses).toEqual(plain.responses);
  const alone = await Promise.all(ALONE.map((model) => answer(model, 'responses', STIMULI)));
  const members = alone.map((each) => each.responses.flat());
  expectFrom(responses.flat(), members, mean);
  expectFrom(spread.flat(), members, deviation);

  const some = await answer(NAME, 'responses?spread=true&neurons=3,1', STIMULI);
  for (const field of ['responses', 'spread']) {
    const all = field === 'spread' ? spread : responses;
    expect(some[field]).toEqual(all.map((row: number[]) => [row[3], row[1]]));
  }
});

test('.npy has the responses and then their spread, and CSV a column for each', async () => {
  const { responses, spread } = await answer(NAME, 'responses?spread=true', STIMULI);
  const npy = await send(NAME, 'responses?spread=true', STIMULI, 'application/x-npy');
  const { shape, data } = decodeNpy(new Uint8Array(await npy.arrayBuffer()));
  expect(shape).toEqual([2, 2, NEURONS]);
  expect([...data]).toEqual([...responses.flat(), ...spread.flat()]);
  const csv = await (await send(NAME, 'responses?spread=true', STIMULI, 'text/csv')).text();
  const [header, ...rows] = csv
    .trim()
    .split('\r\n')
    .map((line) => line.split(','));
  expect(header).toEqual([
    ...['stimulus', 'digest', '0', '1', '2', '3'],
    ...['0 spread', '1 spread', '2 spread', '3 spread'],
  ]);
  expect(rows.map((row) => row.slice(2).map(Number))).toEqual(
    responses.map((row: number[], i: number) => [...row, ...spread[i]]),
  );
});

test('a tuning curve has the spread of its members, and an index the interval of theirs', async () => {
  const body = { parameter: 'orientation', stimulus: { grating: { spatialFrequency: 0.1 } } };
  const { neurons } = await answer(NAME, 'tuning/parametric', body);
  const alone = await Promise.all(
    ALONE.map(async (model) => (await answer(model, 'tuning/parametric', body)).neurons),
  );
  expect(alone[0][0]).not.toHaveProperty('spread');
  for (const [i, { curve, spread, indices }] of neurons.entries()) {
    const members = alone.map((each) => each[i]);
    expectFrom(
      curve,
      members.map((member) => member.curve),
      mean,
    );
    expectFrom(
      spread,
      members.map((member) => member.curve),
      deviation,
    );
    for (const name of ['gOSI', 'OSI', 'F1F0']) {
      const values: (number | null)[] = members.map((member) => member.indices[name].value);
      const known = values.filter((value) => value !== null);
      const { lowest, highest, undefined: without } = indices[name].members;
      expect(without, name).toBe(values.length - known.length);
      if (known.length === 0) continue;
      // An index divides by the largest response above 0, which may be small.
      expect(Math.abs(lowest - Math.min(...known)), name).toBeLessThan(1e-3);
      expect(Math.abs(highest - Math.max(...known)), name).toBeLessThan(1e-3);
    }
  }
});

test('a map has the spread of its members', async () => {
  const probe = { stimulus: { disc: {} }, x: [-8, 0, 8], y: [0, 6], neurons: [1] };
  const { neurons } = await answer(NAME, 'receptive-field', probe);
  const alone = await Promise.all(
    ALONE.map(async (model) =>
      (await answer(model, 'receptive-field', probe)).neurons[0].map.flat(),
    ),
  );
  expectFrom(neurons[0].map.flat(), alone, mean);
  expectFrom(neurons[0].spread.flat(), alone, deviation);
});

test.each(Object.entries(WARNING))(
  '%s: the spread gives the warnings where the card says from what on',
  async (name, limit) => {
    const isWarned = limit < 1;
    const warning = /^the members of the ensemble disagree: relative spread .* > 1.00/;
    const expected = isWarned ? [expect.stringMatching(warning)] : [];
    const plain = await answer(NAME, 'responses', STIMULI);
    const found = await answer(name, 'responses', STIMULI);
    expect(found.responses).toEqual(plain.responses);
    expect(found).not.toHaveProperty('spread');
    const warnings = (report: { warnings: string[] }) => report.warnings;
    expect(found.stimuli.map(warnings)).toEqual([expected, expected]);
    const csv = await send(name, 'responses?neurons=2', STIMULI, 'text/csv');
    const header = JSON.parse(csv.headers.get('X-Stimulus-Warnings') ?? '[]') as {
      count: number;
    }[];
    expect(header.map(({ count }) => count)).toEqual(isWarned ? [2] : []);
    const tuning = await answer(name, 'tuning/parametric?neurons=1', { parameter: 'orientation' });
    expect(tuning.warnings.map(({ count }: { count: number }) => count)).toEqual(
      isWarned ? [tuning.stimuli.length] : [],
    );

    const data = new Array(2500).fill(0.25);
    const inputs = [{ name: 'stimulus', datatype: 'FP32', shape: [1, 50, 50], data }];
    const inferred = await fetch(`${service.url}/v2/models/${name}/infer`, {
      method: 'POST',
      headers: { 'Content-Type': 'application/json' },
      body: JSON.stringify({ inputs, outputs: [{ name: 'responses' }] }),
    });
    const { outputs, parameters } = (await inferred.json()) as Record<string, { name: string }[]>;
    expect([outputs!.map((output) => output.name), parameters !== undefined]).toEqual([
      ['responses'],
      isWarned,
    ]);

    const stream = await openStream(service.url, `${name}/stream?dtype=float32&neurons=3,1`);
    expect(stream.ready).toMatchObject({ limits: { answerBytes: 32 + 2 * 4 } });
    stream.send(Float32Array.from(data));
    const { responses, flags } = await stream.next();
    stream.socket.close();
    expect([responses.length, flags]).toEqual([2, isWarned ? FLAGS.outside : 0]);
  },
);

test('spread of a model without members is rejected with what makes one', async () => {
  const response = await send(ALONE[0]!, 'responses?spread=true', STIMULI);
  expect(response.status).toBe(422);
  expect(await response.json()).toMatchObject({
    detail:
      'spread: the model has no members: joined-1/1; expected an ensemble, which train --members or bundle makes',
  });
});

test('a stream answers with the responses and then their spread where it was opened for that', async () => {
  const stream = await openStream(
    service.url,
    `${NAME}/stream?dtype=float32&neurons=3,1&spread=true`,
  );
  expect(stream.ready).toMatchObject({ spread: true, limits: { answerBytes: 32 + 2 * 2 * 4 } });
  const gray = new Float32Array(50 * 50).fill(0.25);
  stream.send(gray);
  const { responses } = await stream.next();
  stream.socket.close();
  const body = { stimuli: [Array.from({ length: 50 }, () => new Array(50).fill(0.25))] };
  const posted = await answer(NAME, 'responses?spread=true&neurons=3,1', body);
  expect([...responses]).toEqual([...posted.responses[0], ...posted.spread[0]]);
  const { status, body: problem } = await requestRejectedStream(
    service.url,
    `${ALONE[0]}/stream?dtype=float32&spread=true`,
  );
  expect([status, problem['detail']]).toEqual([422, expect.stringMatching(/has no members/)]);
});

test('the protocol of Triton has the spread as a second output', async () => {
  const infer = async (model: string, outputs?: object[]) => {
    const data = new Array(2500).fill(0.25);
    const inputs = [{ name: 'stimulus', datatype: 'FP32', shape: [1, 50, 50], data }];
    return await fetch(`${service.url}/v2/models/${model}/infer`, {
      method: 'POST',
      headers: { 'Content-Type': 'application/json' },
      body: JSON.stringify({ inputs, outputs }),
    });
  };
  const body = { stimuli: [Array.from({ length: 50 }, () => new Array(50).fill(0.25))] };
  const { responses, spread } = await answer(NAME, 'responses?spread=true', body);
  const tensor = (name: string, data: number[]) => ({
    ...{ name, datatype: 'FP32', shape: [1, NEURONS], data },
  });
  expect(await (await infer(NAME)).json()).toMatchObject({
    outputs: [tensor('responses', responses[0]), tensor('spread', spread[0])],
  });
  expect(await (await infer(NAME, [{ name: 'spread' }])).json()).toMatchObject({
    outputs: [tensor('spread', spread[0])],
  });
  const binary = await infer(NAME, [
    { name: 'spread', parameters: { binary_data: true } },
    { name: 'responses', parameters: { binary_data: true } },
  ]);
  const length = Number(binary.headers.get('Inference-Header-Content-Length'));
  const numbers = new Float32Array((await binary.arrayBuffer()).slice(length));
  expect([...numbers]).toEqual([...spread[0], ...responses[0]]);
  const metadata = await (await fetch(`${service.url}/v2/models/${NAME}`)).json();
  expect(metadata).toMatchObject({ outputs: [{ name: 'responses' }, { name: 'spread' }] });
  const rejected = await infer(ALONE[0]!, [{ name: 'spread' }]);
  expect(await rejected.json()).toEqual({
    error: "outputs[0].name: 'spread' is not known; expected responses",
  });
});

test('the card shows the members', async () => {
  const card = await (await fetch(`${service.url}/v1/models/${NAME}`)).json();
  expect(card).toMatchObject({
    members: [1, 2, 3].map((seed) => ({
      weights: `member-${seed}.safetensors`,
      training: { seed },
    })),
  });
});
