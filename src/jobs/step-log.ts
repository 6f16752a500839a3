import { appendFile, readFile } from 'node:fs/promises';
import { onDisk, unless } from '../files/disk-error.js';
import { placesIn } from './job-folder.js';

/** The steps of a job that are done, so that a job that was stopped does not compute them again. */
export interface StepLog {
  /** The value of a step that is done; undefined where it is not. */
  find(key: string): unknown;
  /**
   * @param value becomes JSON, which keeps numbers to the last bit
   * @throws DiskError
   */
  save(key: string, value: unknown): Promise<void>;
}

/**
 * Opens the steps of a job: a file with a line of JSON for each. A line that a killed process left unfinished
 * is passed over.
 * @param folder of all jobs
 * @throws DiskError
 */
export async function openStepLog(folder: string, id: string): Promise<StepLog> {
  const file = placesIn(folder).steps(id);
  const text = await onDisk('the steps of the job cannot be read', () =>
    readFile(file, 'utf8').catch(unless('ENOENT')),
  );
  const steps = new Map<string, unknown>();
  for (const line of text?.split('\n') ?? []) {
    const step = parseLine(line);
    if (step !== undefined) steps.set(step.key, step.value);
  }
  return {
    find: (key) => steps.get(key),
    async save(key, value) {
      // The line break in front ends a line that was left unfinished.
      const line = `\n${JSON.stringify({ key, value })}`;
      await onDisk('the steps of the job cannot be saved', () => appendFile(file, line));
      steps.set(key, value);
    },
  };
}

function parseLine(line: string): { readonly key: string; readonly value: unknown } | undefined {
  try {
    return JSON.parse(line);
  } catch {
    return undefined;
  }
}
