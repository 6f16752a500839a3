import { mkdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { pino } from 'pino';
import { expect, test } from 'vitest';
import { createDatasets } from '../../src/storage/datasets.js';
import { logDamageOnce } from '../../src/storage/list-undamaged.js';
import { openRecordings } from '../../src/storage/recordings.js';
import { temporaryFolder } from '../support/store.js';

/** The level of a warning. */
const WARN = 40;
const DIGESTS = ['a', 'b'].map((letter) => letter.repeat(64));

test.each([
  { what: 'recordings', open: openRecordings, record: 'recording.json', word: 'record' },
  { what: 'datasets', open: createDatasets, record: 'dataset.json', word: 'card' },
])('each of the $what that is damaged is logged once, with the reason', async (each) => {
  const folder = await temporaryFolder();
  const log: { folder: string; level: number; err: { message: string } }[] = [];
  const logger = pino({}, { write: (line: string) => log.push(JSON.parse(line)) });
  const [unreadable, empty] = DIGESTS.map((digest) => path.join(folder, digest));
  for (const place of [unreadable!, empty!, path.join(folder, '.deleting-1')]) await mkdir(place);
  const file = path.join(unreadable!, each.record);
  await writeFile(file, '{');
  const stored = each.open(folder, logDamageOnce(logger));
  for (let times = 0; times < 3; times++) expect(await stored.list()).toEqual([]);
  const reasons = Object.fromEntries(log.map(({ folder: at, err }) => [at, err.message]));
  expect(log.map(({ level }) => level)).toEqual([WARN, WARN]);
  expect(reasons).toEqual({
    [unreadable!]: expect.stringMatching(
      new RegExp(`^the ${each.word} of the \\w+ ${DIGESTS[0]} is damaged: .*JSON`),
    ),
    [empty!]: `what describes ${DIGESTS[1]} is missing`,
  });
});
