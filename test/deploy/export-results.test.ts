import { spawnSync } from 'node:child_process';
import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { parquetReadObjects } from 'hyparquet';
import { expect, test } from 'vitest';
import { encodeNpy } from '../../src/formats/npy.js';
import { labFilePackages, testWith } from '../support/capabilities.js';
import { runPython } from '../support/python.js';
import { temporaryFolder } from '../support/store.js';

const PROGRAM = fileURLToPath(new URL('../../dist/src/cli/hypercolumn.js', import.meta.url));
const READER = fileURLToPath(new URL('read_nwb.py', import.meta.url));
const packages = labFilePackages();
const testWithPython = testWith(packages);
const DIGEST = 'a'.repeat(64);

function exportResults(...args: string[]) {
  return spawnSync(process.execPath, [PROGRAM, 'export', ...args], { encoding: 'utf8' });
}

/** Results as experiments write them. */
async function writeResults(): Promise<string> {
  const folder = path.join(await temporaryFolder(), 'results');
  await mkdir(folder);
  const file = (name: string, content: string | Uint8Array) =>
    writeFile(path.join(folder, name), content);
  const [third, tenth] = [1 / 3, 0.1].map(Math.fround);
  await file('responses.csv', `stimulus,digest,4,7\r\n0,x1,${third},${tenth}\r\n1,x2,0,-2\r\n`);
  await file(
    'characterization.csv',
    `id,CORR,preferredX (pixels),SF (cycles/degree),undefined\r\n4,0.25,1,${1 / 3},\r\n7,,-3,2,"OSI: no, none"\r\n`,
  );
  const neuron = (id: number) => ({
    ...{ id, best: 0, diversity: null },
    stimuli: [0, 1].map((restart) => ({ response: id + restart, digest: DIGEST })),
  });
  await file(
    'preferred-stimuli.json',
    JSON.stringify({
      model: { name: 'twin', version: 2, digest: DIGEST },
      ...{
        restarts: 2,
        seed: 1,
        steps: 3,
        stepSize: 0.1,
        background: 0.5,
        norm: 1,
        pixels: [0, 1],
      },
      ...{ blur: 1, jitter: 0, formulas: { norm: '', diversity: '' } },
      neurons: [neuron(4), neuron(7)],
    }),
  );
  const pixels = Float32Array.from({ length: 24 }, (_, i) => i / 24);
  await file('preferred-stimuli.npy', encodeNpy(pixels, [2, 2, 2, 3]));
  return folder;
}

test('tables become Parquet files with the same numbers', async () => {
  const results = await writeResults();
  const out = path.join(path.dirname(results), 'tables');
  const { status, stdout, stderr } = exportResults('--parquet', out, results);
  expect([status, stderr]).toEqual([0, '']);
  expect(stdout).toBe(
    `wrote ${out}/characterization.parquet: 2 rows, 5 columns\n` +
      `wrote ${out}/responses.parquet: 2 rows, 3 columns\n`,
  );
  const read = async (name: string) => {
    const { buffer, byteOffset, byteLength } = await readFile(path.join(out, name));
    return parquetReadObjects({
      file: buffer.slice(byteOffset, byteOffset + byteLength) as ArrayBuffer,
    });
  };
  expect(await read('characterization.parquet')).toEqual([
    { id: 4, CORR: 0.25, 'preferredX (pixels)': 1, 'SF (cycles/degree)': 1 / 3, undefined: '' },
    {
      id: 7,
      CORR: null,
      'preferredX (pixels)': -3,
      'SF (cycles/degree)': 2,
      undefined: 'OSI: no, none',
    },
  ]);
  expect(await read('responses.parquet')).toEqual([
    { stimulus: 0, digest: 'x1', 4: Math.fround(1 / 3), 7: Math.fround(0.1) },
    { stimulus: 1, digest: 'x2', 4: 0, 7: -2 },
  ]);
});

testWithPython('pynwb accepts the NWB file, and reads the same bytes from it', async () => {
  const results = await writeResults();
  const file = path.join(path.dirname(results), 'new', 'twin.nwb');
  const { status, stdout, stderr } = exportResults('--nwb', file, results);
  expect([status, stderr]).toEqual([0, '']);
  expect(stdout).toBe(
    `wrote ${file}: /processing/hypercolumn has characterization, responses, preferred-stimuli\n`,
  );
  const { faults, found } = JSON.parse(runPython(packages.python, READER, file)) as {
    faults: string[];
    found: Record<string, unknown>;
  };
  expect(faults).toEqual([]);
  const hex = (values: Float32Array | Float64Array | Int32Array) =>
    Buffer.from(values.buffer, values.byteOffset, values.byteLength).toString('hex');
  expect(found['characterization']).toEqual({
    neuron: ['int32', [2], hex(Int32Array.of(4, 7))],
    CORR: ['float64', [2], hex(Float64Array.of(0.25, Number.NaN))],
    'preferredX (pixels)': ['int32', [2], hex(Int32Array.of(1, -3))],
    'SF (cycles per degree)': ['float64', [2], hex(Float64Array.of(1 / 3, 2))],
    undefined: ['text', [2], ['', 'OSI: no, none']],
  });
  expect(found['responses']).toEqual({
    stimulus: ['int32', [2], hex(Int32Array.of(0, 1))],
    digest: ['text', [2], ['x1', 'x2']],
    responses: ['float32', [2, 2], hex(Float32Array.of(1 / 3, 0.1, 0, -2))],
  });
  const pixels = Float32Array.from({ length: 24 }, (_, i) => i / 24);
  expect(found['preferred-stimuli']).toEqual(
    Object.fromEntries(
      [4, 7].flatMap((id, neuron) =>
        [0, 1].map((restart) => {
          const first = 6 * (2 * neuron + restart);
          const own = hex(pixels.slice(first, first + 6));
          return [
            `neuron ${id}, restart ${restart}`,
            [`response ${id + restart}, digest ${DIGEST}`, 'float32', [2, 3], own],
          ];
        }),
      ),
    ),
  );
  expect(exportResults('--nwb', file, results).stderr).toBe(
    `error: ${file} is there already; expected a new file\n`,
  );
  expect(await readdir(path.dirname(file))).toEqual(['twin.nwb']);
});

test('what cannot be exported is rejected with what is expected', async () => {
  const results = await writeResults();
  const nwb = path.join(path.dirname(results), 'a.nwb');
  const rejection = (...args: string[]) => {
    const { status, stderr } = exportResults(...args);
    expect(status).toBe(2);
    return stderr;
  };
  expect(rejection()).toContain('expected --model and --out, or --nwb or --parquet with results');
  expect(rejection('--model', 'models/demo')).toContain('--out is missing');
  expect(rejection('--model', 'models/demo', '--nwb', nwb, results)).toContain('it is not clear');
  expect(rejection('--nwb', nwb)).toContain('no results are named');
  expect(rejection(results)).toContain(
    'the format is missing; expected --nwb file.nwb or --parquet folder',
  );
  expect(rejection('--nwb', nwb, results, results)).toContain(
    'two results have the name characterization',
  );
  expect(rejection('--nwb', nwb, path.join(results, 'missing.csv'))).toContain(
    'missing.csv; expected a result',
  );
  await writeFile(path.join(results, 'uneven.csv'), 'a,b\r\n1\r\n');
  expect(rejection('--nwb', nwb, results)).toContain('uneven.csv: row 2 has 1 fields; expected 2');
  await writeFile(path.join(results, 'uneven.csv'), 'a,b\r\n1,"2\r\n');
  expect(rejection('--nwb', nwb, results)).toContain(
    'uneven.csv: the quoted field in row 2 does not end',
  );
  await writeFile(path.join(results, 'uneven.csv'), 'a,b\r\n');
  expect(rejection('--nwb', nwb, results)).toContain('uneven.csv has no rows');
});
