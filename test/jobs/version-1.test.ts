import { cp, readFile } from 'node:fs/promises';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { JobRecord, readOrder } from '../../src/jobs/record.js';
import { openTestJobs } from '../support/jobs.js';
import { temporaryFolder } from '../support/store.js';

/** Written by a service that kept records of version 1: a job that succeeded, and one that was killed. */
const WRITTEN = fileURLToPath(new URL('../fixtures/jobs-version-1', import.meta.url));
const SUCCEEDED = '6e9f4fae27657d4a48b94aff74eca2f9';
const KILLED = '9da3237f36602ea40e4540b47613248b';

async function openWritten() {
  const folder = await temporaryFolder();
  await cp(WRITTEN, folder, { recursive: true });
  const record = (id: string) => readFile(path.join(folder, `${id}.json`), 'utf8');
  return { ...(await openTestJobs({ folder })), record };
}

test('a job of version 1 is listed with its result, and its record is unchanged', async () => {
  const { jobs, record, log } = await openWritten();
  const before = await readFile(path.join(WRITTEN, `${SUCCEEDED}.json`), 'utf8');
  const { formatVersion: _, progress, ...fields } = JSON.parse(before) as Record<string, object>;
  expect(await jobs.find(SUCCEEDED)).toEqual({
    ...fields,
    data: null,
    priority: 'normal',
    progress: { ...progress, secondsLeft: null },
  });
  const [json] = (await jobs.find(SUCCEEDED))!.result;
  const bytes = await jobs.readPart(SUCCEEDED, json!);
  expect(Buffer.from(bytes).toString()).toBe('{"neurons":[]}');
  await jobs.close();
  expect(await record(SUCCEEDED)).toBe(before);
  expect(log).toEqual([]);
});

test('a job of version 1 that ran when its process was killed is interrupted and kept', async () => {
  const { jobs, record } = await openWritten();
  const { state, kind, model, reason } = (await jobs.find(KILLED))!;
  expect([state, kind, model?.name]).toEqual(['interrupted', 'preferred-stimulus', 'demo']);
  expect(reason).toMatch(/^the service stopped/);
  const written = JobRecord.parse(JSON.parse(await record(KILLED)));
  expect(written).toMatchObject({ formatVersion: 2, state: 'interrupted', request: null });
  expect(readOrder(written)).toBeUndefined();
});
