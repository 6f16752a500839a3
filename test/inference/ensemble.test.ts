import { readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import fc from 'fast-check';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { exportModel } from '../../deploy/onnx/export-model.js';
import type { Engine } from '../../src/inference/engine.js';
import { createTfjsEngine } from '../../src/inference/tfjs/tfjs-engine.js';
import { stimulusGradient } from '../../src/interpret/gradient.js';
import { interpret } from '../../src/interpret/interpretation.js';
import type { Interpreter } from '../../src/interpret/interpreter.js';
import { createTfjsInterpreter } from '../../src/interpret/tfjs-interpreter.js';
import { memberColumns, populationSize, reduceMembers } from '../../src/models/members.js';
import { nativeCard } from '../../src/models/native-card.js';
import { readModel, readWeights } from '../../src/models/saved-model.js';
import { openBackend } from '../../src/network/backends/open.js';
import { selectOnDevice, toDevice } from '../../src/network/device.js';
import { type Stimuli, sliceStimuli } from '../../src/stimulus/stimuli.js';
import { openCpuEngine } from '../support/cpu-engines.js';
import { randomStimuli } from '../support/engine-checks.js';
import { deviation, mean, type SavedEnsemble, saveRandomEnsemble } from '../support/ensembles.js';
import { sharedFolder } from '../support/store.js';

const NEURONS = 5;
const MEMBERS = 3;
const COUNT = 3;
const ALL = Int32Array.from({ length: NEURONS }, (_, i) => i);
/** Of a largest response: an ensemble's networks are computed in other groups than those of its members alone. */
const TOLERANCE = 1e-6;

const folder = sharedFolder();
const ensembles: Record<string, SavedEnsemble> = {};
const engines: Record<string, Engine> = {};
let interpreter: Interpreter;
let stimuli: Stimuli;

const KINDS = ['shared_core', 'ff_sa_cnn', 'rf_cnn'] as const;
const CASES = ['onnx', 'tfjs'].flatMap((engine) => KINDS.map((kind) => [engine, kind] as const));

beforeAll(async () => {
  const backend = await openBackend('wasm');
  engines['tfjs'] = createTfjsEngine(backend);
  engines['onnx'] = openCpuEngine({ threads: 2 });
  interpreter = createTfjsInterpreter(backend, {
    localFolder: async ({ name, version }) => path.join(folder, name, String(version)),
  });
  for (const architecture of KINDS) {
    ensembles[architecture] = await saveRandomEnsemble(engines['tfjs'], folder, architecture, {
      architecture,
      neurons: NEURONS,
      members: MEMBERS,
    });
    const { saved, members } = ensembles[architecture];
    for (const engine of Object.values(engines)) {
      for (const model of [saved, ...members]) await engine.load(model.folder, model.digest);
    }
  }
  stimuli = randomStimuli(ensembles['shared_core']!.saved, COUNT);
});
afterAll(async () => {
  await interpreter.close();
  for (const engine of Object.values(engines)) await engine.close();
});

/** Responses [stimuli, neurons] of each member, which is loaded as a model of its own. */
async function respondAlone(engine: Engine, { members }: SavedEnsemble): Promise<Float32Array[]> {
  return await Promise.all(
    members.map(({ digest }) => engine.respond({ digest, stimuli, neurons: ALL })),
  );
}

test.each(CASES)(
  '%s, %s: the response of an ensemble is the mean of its members, and the spread their standard deviation',
  async (name, kind) => {
    const engine = engines[name]!;
    const ensemble = ensembles[kind]!;
    const { card, digest } = ensemble.saved;
    const alone = await respondAlone(engine, ensemble);
    const largest = Math.max(...alone.flatMap((values) => [...values.map(Math.abs)]));
    const values = await engine.respond({ digest, stimuli, neurons: ALL });
    const columns = memberColumns(populationSize(card), ALL);
    const reduced = reduceMembers(
      await engine.respond({ digest, stimuli, neurons: columns }),
      MEMBERS,
    );
    expect(reduced.mean).toEqual(values);
    for (let i = 0; i < values.length; i++) {
      const own = alone.map((member) => member[i]!);
      expect(Math.abs(values[i]! - mean(own))).toBeLessThan(TOLERANCE * largest);
      expect(Math.abs(reduced.spread[i]! - deviation(own))).toBeLessThan(TOLERANCE * largest);
      expect(reduced.spread[i]).toBeGreaterThan(0);
    }
  },
);

// The sums of attention on the CPU with tfjs depend on how many networks are computed together.
test.each(CASES.filter((each) => each.join() !== 'tfjs,ff_sa_cnn'))(
  '%s, %s: a response of an ensemble or a member is the same to the last bit whatever else is asked for',
  async (name, kind) => {
    const engine = engines[name]!;
    const { digest } = ensembles[kind]!.saved;
    const width = NEURONS * (1 + MEMBERS);
    const every = Int32Array.from({ length: width }, (_, i) => i);
    const whole = await engine.respond({ digest, stimuli, neurons: every });
    const wanted = fc.record({
      columns: fc.array(fc.nat(width - 1), { minLength: 1, maxLength: 6 }),
      from: fc.nat(COUNT - 1),
      count: fc.integer({ min: 1, max: COUNT }),
    });
    await fc.assert(
      fc.asyncProperty(wanted, async ({ columns, from, count }) => {
        const images = sliceStimuli(stimuli, from, Math.min(COUNT, from + count));
        const neurons = Int32Array.from(columns);
        const values = await engine.respond({ digest, stimuli: images, neurons });
        const expected = Array.from({ length: images.count }, (_, image) =>
          columns.map((column) => whole[(from + image) * width + column]),
        );
        expect([...values]).toEqual(expected.flat());
      }),
      { numRuns: 10 },
    );
  },
);

test.each(KINDS)(
  '%s: the gradient and the interpretation are the means of the members',
  async (kind) => {
    const { saved, members } = ensembles[kind]!;
    const model = { name: saved.card.name, version: 1, digest: saved.digest };
    const neurons = Int32Array.of(3);
    const gradient = await interpreter.gradient({ model, stimuli, neuron: 3 });
    const seen = await interpreter.interpret({ model, stimuli, neurons });
    const each = [];
    for (const member of members) {
      const parameters = selectOnDevice(toDevice(await readWeights(member)), neurons);
      each.push({
        ...(await interpret(nativeCard(member.card), parameters, stimuli)),
        ...(await stimulusGradient(nativeCard(member.card), parameters, stimuli)),
      });
    }
    const expectMeans = (actual: Float32Array, all: readonly Float32Array[]) => {
      const expected = [...actual.keys()].map((i) => mean(all.map((values) => values[i]!)));
      expect(actual).toEqual(Float32Array.from(expected));
    };
    expectMeans(
      gradient.gradient,
      each.map((own) => own.gradient),
    );
    expectMeans(
      gradient.responses,
      each.map((own) => own.responses),
    );
    expectMeans(
      seen.centre,
      each.map((own) => own.centre),
    );
    expectMeans(
      seen.surround,
      each.map((own) => own.surround),
    );
    expectMeans(
      seen.bias,
      each.map((own) => own.bias),
    );
    expect(seen.attention === null).toBe(kind !== 'ff_sa_cnn');
    if (seen.attention)
      expectMeans(
        seen.attention,
        each.map((own) => own.attention!),
      );
  },
);

test.each(KINDS)('%s: an exported ensemble gives its golden responses', async (kind) => {
  const { saved } = ensembles[kind]!;
  const out = path.join(folder, `${kind}.onnx`);
  expect(await exportModel(saved.folder, out)).toContain(`responses [batch, ${NEURONS}]`);
});

test('the weights of an ensemble are not read as those of a single model', async () => {
  await expect(readWeights(ensembles['ff_sa_cnn']!.saved)).rejects.toThrow(
    'the model is an ensemble of 3; expected a single model',
  );
});

test('a card whose members and files do not belong together is rejected', async () => {
  const { saved } = ensembles['ff_sa_cnn']!;
  const file = path.join(saved.folder, 'card.json');
  const text = await readFile(file, 'utf8');
  const { card } = saved;
  const [first, ...others] = card.members!;
  try {
    const twice = { ...card, members: [first, { ...first!, CORR: [0.5] }, ...others.slice(1)] };
    await writeFile(file, JSON.stringify(twice));
    await expect(readModel(saved.folder)).rejects.toThrow('names other files of its members');
    await writeFile(
      file,
      JSON.stringify({ ...card, members: [{ ...first!, CORR: [1] }, ...others] }),
    );
    await expect(readModel(saved.folder)).rejects.toThrow(
      'has 1 numbers of a member or of the calibration; expected one for each of its 5 neurons',
    );
  } finally {
    await writeFile(file, text);
  }
});
