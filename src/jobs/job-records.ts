import type { Logger } from 'pino';
import { DiskError } from '../errors.js';
import type { JobFiles } from './job-files.js';
import type { JobRecord } from './record.js';

export interface JobRecordsOptions {
  readonly files: JobFiles;
  /** Milliseconds until the end of a job that could not be saved is saved again. */
  readonly retryMs: number;
  readonly logger: Logger;
}

/** The records of jobs on the disk, written one after the other. */
export interface JobRecords {
  /** @throws DiskError */
  create(record: JobRecord): Promise<void>;
  /** Saves the state of a job that is not over; a failure is only logged, since a restart interrupts the job. */
  update(record: JobRecord): Promise<void>;
  /**
   * Saves how a job ended. A job whose end cannot be saved counts as `interrupted`, as it would after a
   * restart; that is saved as soon as the disk can be written.
   * @returns the record that holds, now and after a restart
   */
  end(record: JobRecord): Promise<JobRecord>;
  /** @throws DiskError */
  remove(id: string): Promise<void>;
  /** Tries a last time to save the ends that are not saved. */
  close(): Promise<void>;
  /** Writes nothing any more, because another process has the folder. */
  abandon(): void;
}

export function createJobRecords({ files, retryMs, logger }: JobRecordsOptions): JobRecords {
  const known = new Set(files.found.map(({ id }) => id));
  const unsaved = new Map<string, JobRecord>();
  let line: Promise<unknown> = Promise.resolve();
  let retry: NodeJS.Timeout | undefined;
  let closed = false;

  return {
    create: (record) =>
      inLine(async () => {
        await files.create(record);
        known.add(record.id);
      }),
    update: (record) =>
      inLine(async () => {
        if (known.has(record.id)) await files.save(record);
      }).catch((err: unknown) => {
        logger.warn({ job: record.id, err }, 'the state of a job cannot be saved');
      }),
    end: (record) => inLine(() => end(record)),
    remove: (id) =>
      inLine(async () => {
        await files.remove(id);
        known.delete(id);
        unsaved.delete(id);
      }),
    async close() {
      closed = true;
      clearTimeout(retry);
      await inLine(saveAll);
    },
    abandon() {
      closed = true;
      clearTimeout(retry);
      known.clear();
      unsaved.clear();
    },
  };

  async function end(record: JobRecord): Promise<JobRecord> {
    if (!known.has(record.id)) return record; // it was never accepted
    const failure = await tryToSave(record);
    if (failure === undefined) return record;
    const interrupted: JobRecord = {
      ...record,
      state: 'interrupted',
      result: [],
      reason: `${record.reason ?? 'it succeeded'}; this end cannot be saved: ${failure}`,
    };
    unsaved.set(record.id, interrupted);
    scheduleRetry();
    return interrupted;
  }

  /** @returns why it is not saved */
  async function tryToSave(record: JobRecord): Promise<string | undefined> {
    try {
      await files.save(record);
      return undefined;
    } catch (error) {
      logger.error({ job: record.id, err: error }, 'how a job ended cannot be saved yet');
      return error instanceof DiskError ? error.reason : 'an error in the service';
    }
  }

  function scheduleRetry(): void {
    if (closed || retry !== undefined) return;
    retry = setTimeout(() => {
      retry = undefined;
      void inLine(saveAll);
    }, retryMs).unref();
  }

  async function saveAll(): Promise<void> {
    for (const [id, record] of unsaved) {
      try {
        await files.save(record);
        await files.dropResult(id);
        unsaved.delete(id);
        logger.info({ job: id }, 'how a job ended is saved now');
      } catch {
        // it was logged when it was tried first
      }
    }
    if (unsaved.size > 0) scheduleRetry();
  }

  function inLine<T>(task: () => Promise<T>): Promise<T> {
    const result = line.then(task);
    line = result.catch(() => undefined);
    return result;
  }
}
