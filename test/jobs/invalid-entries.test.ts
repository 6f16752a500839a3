import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { expect, test, vi } from 'vitest';
import { temporaryFor } from '../../src/files/whole-file.js';
import { INVALID_ENTRIES } from '../support/invalid-entries.js';
import { file, heldWork, openTestJobs } from '../support/jobs.js';
import { temporaryFolder } from '../support/store.js';

const ID = 'a'.repeat(32);

const RECORD = {
  formatVersion: 1,
  id: ID,
  kind: 'held',
  model: { name: 'tiny', version: 1, digest: 'd'.repeat(64) },
  state: 'succeeded',
  created: '2026-01-01T00:00:00.000Z',
  started: '2026-01-01T00:00:00.000Z',
  ended: '2026-01-01T00:00:01.000Z',
  progress: { done: 1, total: 1 },
  reason: null,
  result: [{ name: 'a.json', bytes: 1, sha256: 'x' }],
};

/** Opens a folder with what is put in the place of a record, next to its result. */
async function openWith(put: (place: string) => void) {
  const folder = await temporaryFolder();
  put(path.join(folder, `${ID}.json`));
  mkdirSync(path.join(folder, ID));
  writeFileSync(path.join(folder, ID, 'a.json'), '1');
  return openTestJobs({ folder });
}

/** That it is listed as damaged, is logged, and can be deleted with its result. */
async function expectDamaged({ jobs, folder, log }: Awaited<ReturnType<typeof openWith>>) {
  const job = (await jobs.find(ID))!;
  expect(job).toMatchObject({ id: ID, kind: 'unknown', state: 'failed', result: [] });
  expect(await jobs.list()).toEqual([job]);
  expect(log).toMatchObject([{ level: 50, job: ID, msg: 'the record of a job is damaged' }]);
  expect(await jobs.cancel(ID)).toBe(false);
  expect(await jobs.remove(ID)).toBe(true);
  expect(readdirSync(folder)).toEqual([]);
  return job.reason!.slice('the record of this job on the disk is damaged: '.length);
}

const REASONS: Record<string, RegExp> = {
  'a folder': /^a{32}\.json is not a regular file but a folder;/,
  'a link to itself': /^a link in DATA_DIR leads back to itself \(ELOOP\);/,
  'a link to nothing': /^a file or folder of DATA_DIR is gone \(ENOENT\);/,
  'a pipe': /^a{32}\.json is not a regular file but a pipe;/,
  'a device': /^a{32}\.json is not a regular file but a device;/,
  'an empty file': /^it is not JSON; delete the job and post it again$/,
  'a huge file': /^a{32}\.json is too large: 3221225472 bytes; expected at most 1048576;/,
};

test.each(Object.entries(INVALID_ENTRIES))(
  '%s in place of a record is listed as corrupted',
  async (name, put) => {
    expect(await expectDamaged(await openWith(put))).toMatch(REASONS[name]!);
  },
);

test.each([
  ['half a record', '{"id"', /^it is not JSON; delete/],
  ['the record of another job', { ...RECORD, id: 'b'.repeat(32) }, /it is the record of job bbb/],
  ['a success without a result', { ...RECORD, result: [] }, /record.result: a job has results/],
  ['a failure with a result', { ...RECORD, state: 'failed' }, /record.result: a job has results/],
  ['a state that there is not', { ...RECORD, state: 'lost' }, /record.state: /],
])('%s is listed as corrupted', async (_, record, reason) => {
  const text = typeof record === 'string' ? record : JSON.stringify(record);
  expect(await expectDamaged(await openWith((place) => writeFileSync(place, text)))).toMatch(
    reason,
  );
});

test('files of no job are deleted when the service made them, and left alone otherwise', async () => {
  const { jobs, folder } = await openTestJobs();
  const { order, finish } = heldWork();
  const { id } = await jobs.submit(order);
  finish([file('a.json', '1')]);
  await vi.waitFor(async () => expect((await jobs.find(id))?.state).toBe('succeeded'));
  const result = path.join(folder, id);
  writeFileSync(temporaryFor(path.join(result, 'b.json')), 'half');
  mkdirSync(path.join(folder, ID));
  writeFileSync(path.join(folder, ID, 'map.npy'), 'half');
  writeFileSync(path.join(folder, `${ID}.reserve`), ' ');
  writeFileSync(temporaryFor(path.join(folder, `${ID}.json`)), '{');
  const others = ['x.json', 'notes.txt', `${'b'.repeat(32)}`, 'mine.writing'];
  for (const name of others) writeFileSync(path.join(folder, name), '');
  mkdirSync(path.join(folder, 'a-folder.json'));
  execFileSync('mkfifo', [path.join(folder, 'pipe')]);

  const { jobs: again, log } = await openTestJobs({ folder });
  expect(await again.list()).toEqual([await jobs.find(id)]);
  const left = [...others, 'a-folder.json', 'pipe'];
  expect(readdirSync(folder).sort()).toEqual([id, `${id}.json`, ...left].sort());
  expect(readdirSync(result)).toEqual(['a.json']);
  expect(log).toMatchObject([
    { msg: 'entries that belong to no job are left alone', entries: left.length },
  ]);
});

test('the partial result of an interrupted job is deleted', async () => {
  const folder = await temporaryFolder();
  const record = { ...RECORD, state: 'running', ended: null, result: [] };
  writeFileSync(path.join(folder, `${ID}.json`), JSON.stringify(record));
  mkdirSync(path.join(folder, ID));
  const { jobs } = await openTestJobs({ folder });
  expect((await jobs.find(ID))?.state).toBe('interrupted');
  expect(readdirSync(folder)).toEqual([`${ID}.json`]);
});

test.each(Object.entries(INVALID_ENTRIES))(
  '%s in place of a result is reported',
  async (_, put) => {
    const { jobs, folder } = await openTestJobs();
    const { order, finish } = heldWork();
    const { id } = await jobs.submit(order);
    finish([file('a.json', '1')]);
    await vi.waitFor(async () => expect((await jobs.find(id))?.state).toBe('succeeded'));
    const place = path.join(folder, id, 'a.json');
    execFileSync('rm', [place]);
    put(place);
    await expect(jobs.readPart(id, (await jobs.find(id))!.result[0]!)).rejects.toThrow(
      new RegExp(`^a.json of job ${id} (is damaged|cannot be read)$`),
    );
    expect(await jobs.remove(id)).toBe(true);
    expect(existsSync(place)).toBe(false);
  },
);

test('a missing folder is not reported as a corrupted result', async () => {
  const { jobs, folder } = await openTestJobs();
  const { order, finish } = heldWork();
  const { id } = await jobs.submit(order);
  finish([file('a.json', '1')]);
  await vi.waitFor(async () => expect((await jobs.find(id))?.state).toBe('succeeded'));
  execFileSync('rm', ['-r', folder]);
  await expect(jobs.readPart(id, (await jobs.find(id))!.result[0]!)).rejects.toThrow(
    'a.json cannot be read: a file or folder of DATA_DIR is gone (ENOENT)',
  );
});
