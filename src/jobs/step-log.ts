import { constants, lstat, open, rm } from 'node:fs/promises';
import { onDisk, unless } from '../files/disk-error.js';
import { readWhole, sha256 } from '../files/whole-file.js';
import type { ObjectStore } from '../objects/object-store.js';
import { inStorage } from '../objects/storage-fault.js';
import { placesIn } from './job-folder.js';

/** The steps of a job that are done, so that a job that was stopped does not compute them again. */
export interface StepLog {
  /** The value of a step that is done; undefined where it is not. */
  find(key: string): unknown;
  /**
   * @param value becomes JSON, which keeps numbers to the last bit
   * @throws DiskError or StorageError
   */
  save(key: string, value: unknown): Promise<void>;
}

/** A line of the file, or the content of an object. */
interface Line {
  readonly key: string;
  readonly value: unknown;
  readonly sha256: string;
}

/** Bytes; a larger file is not read, and the steps are computed again. */
const MAX_BYTES = 2 ** 28;

/** Objects that are read at the same time. */
const AT_ONCE = 16;

/**
 * Opens the steps of a job: a file with a line of JSON for each. A line counts only if its checksum is right,
 * so that a line that a killed process left unfinished, a corrupted one, or one of another job or another
 * engine is passed over, and its step computed again.
 * @param folder of all jobs
 * @param origin what computes which job: the same text for the same values of the steps
 * @throws DiskError
 */
export async function openStepLog(folder: string, id: string, origin: string): Promise<StepLog> {
  const file = placesIn(folder).steps(id);
  const text = await onDisk('the steps of the job cannot be read', () => readSteps(file));
  const lines = createLines(id, origin);
  const steps = lines.parse(text.split('\n'));
  return {
    find: (key) => steps.get(key),
    save: (key, value) =>
      onDisk('the step of the job cannot be saved', async () => {
        const handle = await open(file, APPEND);
        try {
          // The line break in front ends a line that was left unfinished.
          await handle.appendFile(`\n${lines.format(key, value)}`);
        } finally {
          await handle.close();
        }
      }),
  };
}

/**
 * Opens the steps of a job: an object for each, with the line that a file would have, since objects cannot grow.
 * @param objects of this job's steps
 * @param origin as for `openStepLog`
 * @throws DiskError or StorageError
 */
export async function openStepObjects(
  objects: ObjectStore,
  id: string,
  origin: string,
): Promise<StepLog> {
  const lines = createLines(id, origin);
  const texts = await inStorage('the steps of the job cannot be read', () => readObjects(objects));
  const steps = lines.parse(texts);
  return {
    find: (key) => steps.get(key),
    save: (key, value) =>
      inStorage('the step of the job cannot be saved', async () => {
        const line = Buffer.from(lines.format(key, value));
        await objects.put(`${sha256(JSON.stringify([origin, key]))}.json`, line);
      }),
  };
}

async function readObjects(objects: ObjectStore): Promise<string[]> {
  const keys: string[] = [];
  for await (const { key, bytes } of objects.list()) if (bytes <= MAX_BYTES) keys.push(key);
  const texts: string[] = [];
  for (let begin = 0; begin < keys.length; begin += AT_ONCE) {
    const read = keys.slice(begin, begin + AT_ONCE).map((key) => objects.read(key, MAX_BYTES));
    for (const found of await Promise.all(read)) if (found) texts.push(found.content.toString());
  }
  return texts;
}

/** The lines of the steps of a job. */
function createLines(id: string, origin: string) {
  const checksum = (key: string, value: unknown) =>
    sha256(JSON.stringify([origin, id, key, value]));
  return {
    format: (key: string, value: unknown): string =>
      JSON.stringify({ key, value, sha256: checksum(key, value) }),
    parse(lines: readonly string[]): Map<string, unknown> {
      const parsed = lines.map(parseLine).filter((step) => step !== undefined);
      const valid = parsed.filter((step) => checksum(step.key, step.value) === step.sha256);
      return new Map(valid.map(({ key, value }) => [key, value]));
    },
  };
}

const APPEND = constants.O_WRONLY | constants.O_APPEND | constants.O_CREAT | constants.O_NOFOLLOW;

/** @returns '' where there are no steps; what is not a file of steps is deleted */
async function readSteps(file: string): Promise<string> {
  const found = await lstat(file).catch(unless('ENOENT'));
  if (found === undefined) return '';
  if (found.isFile() && found.size <= MAX_BYTES) {
    return (await readWhole(file, MAX_BYTES)).toString();
  }
  await rm(file, { recursive: true });
  return '';
}

function parseLine(line: string): Line | undefined {
  try {
    const parsed: Partial<Line> | null = JSON.parse(line);
    return typeof parsed?.key === 'string' && 'value' in parsed ? (parsed as Line) : undefined;
  } catch {
    return undefined;
  }
}
