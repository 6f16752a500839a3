import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { beforeAll, describe, expect } from 'vitest';
import { decodeNpy } from '../../../src/formats/npy.js';
import { labFilePackages, testWith } from '../../support/capabilities.js';
import { runPython } from '../../support/python.js';
import { sharedFolder } from '../../support/store.js';

const ROOT = fileURLToPath(new URL('../../..', import.meta.url));
const PROGRAM = path.join(ROOT, 'dist/src/cli/hypercolumn.js');
const WRITER = fileURLToPath(new URL('python/make_recordings.py', import.meta.url));
const packages = labFilePackages();
const test = testWith(packages);
const folder = sharedFolder();

/** Where real recordings are that the project does not have itself. */
const REAL = readdirSync(path.dirname(ROOT.replace(/\/$/, '')))
  .map((name) => path.join(path.dirname(ROOT.replace(/\/$/, '')), name, 'data'))
  .find((data) => existsSync(path.join(data, 'v4-190923')));

const RECORDINGS: readonly (readonly [name: string, ...words: string[]])[] = [
  ['made-up'],
  ...(REAL === undefined
    ? []
    : ([
        ['v4', path.join(REAL, 'v4-190923'), 'v4s190923'],
        ['v1', path.join(REAL, 'tang-v1'), 'tang'],
      ] as const)),
];

/** The options that a file needs, and how far its numbers may be from those of the reference. */
const FILES = [
  { file: 'spikes.nwb', expected: 'spikes', words: [], tolerance: 0 },
  // Sums in another order.
  { file: 'traces.nwb', expected: 'traces', words: [], tolerance: 1e-6 },
  { file: 'trials.h5', expected: 'trials', words: [], tolerance: 0 },
  { file: 'trials-v5.mat', expected: 'trials', words: [], tolerance: 0 },
  { file: 'trials-v73.mat', expected: 'trials', words: [], tolerance: 0 },
  { file: 'trials.npz', expected: 'trials', words: [], tolerance: 0 },
] as const;

describe.each(RECORDINGS)('of the recording %s', (name, ...words) => {
  const made = path.join(folder, name);
  beforeAll(() => {
    if (packages.missing === null) runPython(packages.python, WRITER, made, ...words);
  });

  test.each(FILES)('$file gives the numbers of a reference in numpy', async (given) => {
    const out = path.join(folder, `${name}-${given.file}`);
    // Images of different trials of one kind may be nearly equal; the reference keeps them.
    const args = [
      'ingest',
      path.join(made, given.file),
      '--out',
      out,
      '--keep-near',
      ...given.words,
    ];
    const { status, stderr } = spawnSync(process.execPath, [PROGRAM, ...args], {
      encoding: 'utf8',
    });
    expect([status, stderr.match(/^error.*/m)?.[0]]).toEqual([0, undefined]);
    for (const file of ['images', 'trial_images', 'split', 'trials', 'responses']) {
      const [found, expected] = await Promise.all(
        [out, path.join(made, `expected-${given.expected}`)].map(async (place) =>
          decodeNpy(await readFile(path.join(place, `${file}.npy`))),
        ),
      );
      expect([file, found!.shape, found!.stored]).toEqual([
        file,
        expected!.shape,
        expected!.stored,
      ]);
      expect([file, farthest(found!.data, expected!.data)]).toEqual([
        file,
        expect.toSatisfy((distance: number) => distance <= given.tolerance),
      ]);
    }
  });
});

/** The greatest distance of two numbers at one place; infinite where only one of them is NaN. */
function farthest(a: ArrayLike<number>, b: ArrayLike<number>): number {
  let greatest = 0;
  for (let i = 0; i < a.length; i++) {
    const [x, y] = [a[i]!, b[i]!];
    if (Object.is(x, y) || x === y) continue;
    const distance = Math.abs(x - y);
    greatest = Number.isNaN(distance) ? Number.POSITIVE_INFINITY : Math.max(greatest, distance);
  }
  return greatest;
}
