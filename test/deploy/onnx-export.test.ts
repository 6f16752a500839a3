import { execFileSync } from 'node:child_process';
import { readdir, readFile, writeFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { expect, test, vi } from 'vitest';
import { createExportCommand } from '../../deploy/export/export-command.js';
import { decodeNpy, encodeNpy } from '../../src/formats/npy.js';
import { goldenStimuli } from '../../src/inference/golden-check.js';
import { encodeSite } from '../../src/inference/onnx/site-graph.js';
import { readModel } from '../../src/models/saved-model.js';
import { ArchitectureId } from '../../src/network/architectures/id.js';
import { ARCHITECTURES } from '../../src/network/architectures/index.js';
import { onnxPackages, testWith } from '../support/capabilities.js';
import { goldenWeights } from '../support/golden-weights.js';
import { greatestDifference } from '../support/numbers.js';
import { readGolden } from '../support/published.js';
import { sharedFolder } from '../support/store.js';

const PACKAGES = onnxPackages();
const testInPython = testWith(PACKAGES);
const SCRIPT = fileURLToPath(new URL('./compute_onnx.py', import.meta.url));
const DEMO = fileURLToPath(new URL('../../models/demo', import.meta.url));
const SIZE = { height: 50, width: 50 };
/** Tolerance relative to the range of the responses. */
const TOLERANCE = 1e-4;

const folder = sharedFolder();

async function exportTo(out: string, model = DEMO): Promise<string> {
  const said = vi.spyOn(console, 'log').mockReturnValue();
  try {
    await createExportCommand().parseAsync(['--model', model, '--out', out], { from: 'user' });
    return said.mock.lastCall?.join(' ') ?? '';
  } finally {
    said.mockRestore();
  }
}

function computeInPython(...names: string[]): Record<string, Record<string, string>> {
  return JSON.parse(
    execFileSync(PACKAGES.python, [SCRIPT, folder, ...names], { encoding: 'utf8' }),
  ) as Record<string, Record<string, string>>;
}

async function responsesOf(name: string) {
  return decodeNpy(await readFile(`${folder}/${name}.responses.npy`));
}

function expectClose(actual: ArrayLike<number>, expected: ArrayLike<number>): void {
  const values = Array.from(expected);
  const range = Math.max(...values) - Math.min(...values);
  expect(greatestDifference(actual, expected)).toBeLessThan(TOLERANCE * range);
}

testInPython('the demo model gives its golden responses in onnxruntime from PyPI', async () => {
  const said = await exportTo(`${folder}/demo.onnx`);
  expect(said).toContain('demo version 1');
  expect(said).toContain('responses [batch, 16]');
  const { card, digest } = await readModel(`${DEMO}/1`);
  const { count, pixels } = goldenStimuli(card);
  await writeFile(`${folder}/demo.stimuli.npy`, encodeNpy(pixels, [count, 1, 50, 50]));
  expect(computeInPython('demo')['demo']).toMatchObject({
    name: 'demo',
    version: '1',
    digest,
    architecture: 'ff_sa_cnn',
    neurons: JSON.stringify(card.neurons.map(({ id }) => id)),
    unit: 'dF/F',
  });
  const { data, shape } = await responsesOf('demo');
  expect(shape).toEqual([count, 16]);
  expectClose(data, card.golden.responses.flat());
});

testInPython('all nine networks give the published responses there', async () => {
  for (const id of ArchitectureId.options) {
    const golden = readGolden(id);
    const card = {
      architecture: ARCHITECTURES[id].network,
      stimulus: { ...SIZE, channels: 1 as const, scale: 1, offset: 0 },
    };
    const weights = goldenWeights(id, SIZE, golden);
    await writeFile(
      `${folder}/${id}.onnx`,
      encodeSite({ card, members: [weights], groups: [[0, 1], [2]] }, {}),
    );
    const { data, shape } = golden.get('input')!;
    await writeFile(`${folder}/${id}.stimuli.npy`, encodeNpy(data as Float32Array, shape));
  }
  computeInPython(...ArchitectureId.options);
  for (const id of ArchitectureId.options) {
    expectClose((await responsesOf(id)).data, readGolden(id).get('responses')!.data);
  }
});

test('a model that cannot be exported is reported and nothing is written', async () => {
  const before = await readdir(folder);
  await expect(exportTo(`${folder}/a.onnx`, `${folder}/nothing`)).rejects.toThrow(
    /--model .*nothing: there is no model: .* holds none$/,
  );
  await expect(exportTo(`${folder}/a.onnx`, folder)).rejects.toThrow(
    /^--model .*: there is no model/,
  );
  await expect(exportTo(`${folder}/a.onnx`, `${DEMO}/7`)).rejects.toThrow(
    /^--model .*demo\/7: there is no such version; there are: 1$/,
  );
  await expect(exportTo(folder)).rejects.toThrow(
    /^--out .* cannot be written \(EISDIR.*\): put that right, or choose another --out$/,
  );
  expect(await readdir(folder)).toEqual(before);
});
