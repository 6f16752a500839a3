import { execFileSync } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect } from 'vitest';
import { decodeNpy } from '../../../src/formats/npy.js';
import { ArchitectureId } from '../../../src/network/architectures/id.js';
import { pytorch, testWith } from '../../support/capabilities.js';
import { greatestDifference } from '../../support/numbers.js';
import { createImportFolder, type ImportFolder } from './import-folder.js';

const PYTORCH = pytorch();
const WRITER = fileURLToPath(new URL('write_checkpoints.py', import.meta.url));
const test = testWith(PYTORCH);

let place: ImportFolder;
beforeAll(async () => {
  place = await createImportFolder();
  if (PYTORCH.missing !== null) return;
  execFileSync(PYTORCH.python, ['-W', 'ignore', WRITER, place.path], { stdio: 'pipe' });
}, 300_000);
afterAll(() => place.remove());

/** Imports a folder of checkpoints. @returns the responses of the model to the stimuli */
async function respond(checkpoints: string, id: ArchitectureId): Promise<Float32Array> {
  const out = `models/${checkpoints.replace('/', '-')}`;
  await place.run(`--pytorch ./${checkpoints} --architecture ${id} --out ./${out}`);
  const images = decodeNpy(await readFile(path.join(place.path, 'stimuli.npy')));
  const [count = 0, height = 0, width = 0] = images.shape;
  const pixels = Float32Array.from(images.data, (value) => value / 255);
  return await place.respond(`${out}/1`, { count, height, width, channels: 1, pixels });
}

/** Row = stimulus, column = neuron. */
async function published(name: string): Promise<Float32Array> {
  return Float32Array.from(decodeNpy(await readFile(path.join(place.path, `${name}.npy`))).data);
}

/** The range of one column of three. */
function range(values: Float32Array, column: number): number {
  const own = values.filter((_, i) => i % 3 === column);
  return Math.max(...own) - Math.min(...own);
}

test.each([...ArchitectureId.options, 'rf_cnn_30'])('%s responds as in PyTorch', async (name) => {
  const expected = await published(name);
  // Otherwise a network that ignores its stimulus would pass.
  for (const column of [0, 1, 2]) expect(range(expected, column)).toBeGreaterThan(0.02);
  const actual = await respond(name, ArchitectureId.parse(name.replace('_30', '')));
  expect(greatestDifference(actual, expected)).toBeLessThan(1e-4);
});

test.each([
  'dict',
  'parameters',
  'data_parallel',
  'training',
  'one_storage',
  'channels_last',
  'half',
  'bfloat16',
  'no_sums',
])('a network saved as %s responds as in PyTorch', async (form) => {
  const actual = await respond(`forms/${form}`, 'ff_sa_cnn');
  expect(greatestDifference(actual, await published(`forms/${form}`))).toBeLessThan(1e-4);
});

const STATE_ALONE = /save (it|one|its parameters) alone: torch\.save\(net\.state_dict\(\), file\)$/;

test.each([
  [
    'before_1_6',
    /^it is in the format of PyTorch before 1\.6; write it again .*: torch\.save\(torch/,
  ],
  ['network', /^its pickle, at offset 2, names the class '__main__\.SelfAttention', which no/],
  ['network', STATE_ALONE],
  [
    'numpy_score',
    /names the class 'numpy\..*\.scalar', which no state dict needs: it was rejected/,
  ],
  ['numpy_score', STATE_ALONE],
  ['torchscript', /^it is TorchScript; save its parameters alone: torch\.save\(torch\.jit\.load/],
  ['list', /^it holds no state dict; save one alone/],
  ['several', /^it holds several state dicts, 'a', 'b'; save one alone/],
  ['protocol_4', /^its pickle is not of protocol 2, torch\.save's own; save it again with that$/],
  ['not_a_tensor', /^its 'epoch' is not a tensor, as all entries of a state dict are$/],
  ['integers', /^its 'a_cpbs\.0\.weight' is of LongStorage, not of floating-point numbers$/],
  ['not_finite', /^its 'a_cpbs\.0\.weight' holds NaN among its numbers$/],
])(
  '%s, saved instead of the state of one network, is rejected with what to do',
  async (form, reason) => {
    const args = `--pytorch ./refused/${form} --architecture ff_sa_cnn --out ./models/refused`;
    const rejection = await place.rejection(args);
    expect(rejection.replace(`./refused/${form}/neuron_0.pth: `, '')).toMatch(reason);
  },
);
