import { existsSync, readdirSync, rmSync } from 'node:fs';
import path from 'node:path';
import { expect, test } from 'vitest';
import { DamagedError, DiskError } from '../../src/errors.js';
import { temporaryFor } from '../../src/files/whole-file.js';
import { stimulusDigests } from '../../src/stimulus/chunks.js';
import { INVALID_ENTRIES } from '../support/invalid-entries.js';
import { openTestStore } from '../support/store.js';

const DIGEST = 'a'.repeat(64);
const STIMULI = {
  count: 1,
  height: 1,
  width: 3,
  channels: 1 as const,
  pixels: Float32Array.of(0, 0.5, 1),
};
const QUESTION = { model: DIGEST, stimuli: DIGEST, count: 1, engine: 'paper and pencil' };
const COLUMNS = Int32Array.of(0);

test.each(Object.entries(INVALID_ENTRIES))(
  '%s among the sets delays neither the start nor other sets and can be deleted',
  async (name, make) => {
    const { folder, sets } = await openTestStore();
    const { set } = await sets.put(STIMULI, await stimulusDigests(STIMULI));
    const place = path.join(folder, 'stimulus-sets', `${DIGEST}.npy`);
    make(place);
    make(path.join(folder, 'stimulus-sets', 'notes'));
    make(temporaryFor(place));
    const { sets: again, log } = await openTestStore({ folder, setsCapacity: 2 ** 32 });
    expect((await await again.list()).map(({ digest }) => digest)).toEqual([set.digest]);
    expect(log).toHaveLength(name.endsWith('file') ? 0 : 1);
    const read = await again.read(DIGEST).catch((error: unknown) => error);
    if (name === 'a link to nothing') expect(read).toBeUndefined();
    else if (name === 'a link to itself') expect(read).toBeInstanceOf(DiskError);
    else expect(read).toBeInstanceOf(DamagedError);
    const other = { ...STIMULI, pixels: Float32Array.of(1, 1, 1) };
    expect((await again.put(other, await stimulusDigests(other))).created).toBe(true);
    expect(await again.remove(DIGEST)).toBe(true);
    expect(readdirSync(path.dirname(place))).not.toContain(`${DIGEST}.npy`);
  },
);

test.each(Object.entries(INVALID_ENTRIES))(
  '%s among the cached responses is ignored',
  async (_, make) => {
    const { folder, responses } = await openTestStore();
    await responses.write(QUESTION, new Map([[0, Float32Array.of(1)]]));
    const inCache = path.join(folder, 'responses');
    const [key] = readdirSync(inCache);
    make(path.join(inCache, 'b'.repeat(64)));
    make(path.join(inCache, 'notes'));
    const { responses: again } = await openTestStore({ folder });
    expect((await again.read(QUESTION, COLUMNS)).size).toBe(1);
    // There is room for one file, so the others are deleted where possible.
    const { responses: small } = await openTestStore({ folder, cacheCapacity: 4096 });
    await small.write({ ...QUESTION, engine: 'another' }, new Map([[0, Float32Array.of(2)]]));
    expect((await small.read({ ...QUESTION, engine: 'another' }, COLUMNS)).size).toBe(1);
    expect(existsSync(path.join(inCache, key!))).toBe(false);
  },
);

test.each(Object.entries(INVALID_ENTRIES))(
  '%s in place of cached responses is logged, and they are computed again',
  async (name, make) => {
    const { folder, responses } = await openTestStore();
    await responses.write(QUESTION, new Map([[0, Float32Array.of(1)]]));
    const [key] = readdirSync(path.join(folder, 'responses'));
    const { responses: again, log } = await openTestStore({ folder });
    const place = path.join(folder, 'responses', key!);
    rmSync(place);
    make(place);
    expect((await again.read(QUESTION, COLUMNS)).size).toBe(0);
    expect(log).toHaveLength(name === 'a link to nothing' ? 0 : name === 'a folder' ? 2 : 1);
  },
);
