import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { beforeAll, expect, test } from 'vitest';
import { createTfjsEngine } from '../../src/inference/tfjs/tfjs-engine.js';
import { ArchitectureId } from '../../src/network/architectures/id.js';
import { ARCHITECTURES } from '../../src/network/architectures/index.js';
import { type Backend, openBackend } from '../../src/network/backends/open.js';
import { selectRows } from '../../training/data/rows.js';
import { findProvenance } from '../../training/evaluation/provenance.js';
import { makeModel } from '../../training/random-model/random-model-command.js';
import { randomParameters } from '../../training/random-model/random-parameters.js';
import { sharedFolder } from '../support/store.js';

const SIZE = { height: 50, width: 50 };

const folder = sharedFolder();
let backend: Backend;
beforeAll(async () => {
  backend = await openBackend('wasm');
});

test('an engine loads a random model, which is the same each time it is made', async () => {
  const out = path.join(folder, 'made-up');
  const options = { architecture: 'rf_sa_cnn', neurons: 3, out, seed: 7 } as const;
  const { folder: first, card, digest } = await makeModel(options);
  const second = await makeModel(options);
  expect(card).toMatchObject({
    name: 'made-up',
    version: 1,
    architecture: { id: 'rf_sa_cnn', channels: 30 },
    training: { madeUp: 'untrained', seed: 7 },
  });
  expect(card.neurons.map(({ id }) => id)).toEqual([0, 1, 2]);
  expect(await readFile(`${second.folder}/weights.safetensors`)).toEqual(
    await readFile(`${first}/weights.safetensors`),
  );
  expect(second.card).toEqual({ ...card, version: 2 });
  expect(findProvenance(card, {})).toMatchObject({ optimistic: false });
  const engine = createTfjsEngine(backend);
  await engine.load(first, digest); // checks the golden responses
  await engine.close();
});

test.each(ArchitectureId.options)(
  '%s: responses vary between images as real ones do',
  async (id) => {
    const out = path.join(folder, id);
    const { card } = await makeModel({ architecture: id, neurons: 4, out, seed: 1 });
    const { responses } = card.golden; // [images, neurons]
    for (const neuron of card.neurons.keys()) {
      const own = responses.map((row) => row[neuron]!);
      expect(Math.max(...own.map(Math.abs))).toBeLessThan(5);
      expect(Math.max(...own) - Math.min(...own)).toBeGreaterThan(1e-3);
    }
  },
);

test('the parameters of a neuron depend on its id and the seed alone', () => {
  const make = (neurons: number[], seed = 1) =>
    randomParameters(ARCHITECTURES.ff_sa_cnn.network, SIZE, neurons, seed);
  expect(selectRows(make([0, 4, 2]), [2])).toEqual(make([2]));
  expect(make([2], 2)).not.toEqual(make([2]));
});

test('random models have scales of both signs and attention that matters', () => {
  const weights = randomParameters(ARCHITECTURES.ff_sa_cnn.network, SIZE, [0], 1);
  const scales = [...weights.get('alpha2.norm.scale')!.data];
  expect(scales.filter((scale) => scale < 0).length).toBeGreaterThan(2);
  expect(scales.filter((scale) => scale > 0).length).toBeGreaterThan(10);
  expect(weights.get('attention.gamma')!.data[0]).not.toBe(0);
  expect(weights.get('attention.norm.mean')!.data[0]).toBe(0.5);
});
