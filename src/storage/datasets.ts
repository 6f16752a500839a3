import { readdir, stat } from 'node:fs/promises';
import path from 'node:path';
import { DATASET_CARD_FILE, type DatasetCard } from '../datasets/card.js';
import {
  EXPECTED_TIMES_FILE,
  type ExpectedSeconds,
  ExpectedTimes,
} from '../datasets/expected-times.js';
import { readDatasetCard } from '../datasets/read-card.js';
import { openTrials, type TrialLog } from '../datasets/trials.js';
import { DamagedError, InputError } from '../errors.js';
import { deleteFolder } from '../files/deleted-folder.js';
import { isSystemError, onDisk, unless } from '../files/disk-error.js';
import { fileStamp } from '../files/file-stamp.js';
import { readWhole, writeWhole } from '../files/whole-file.js';
import { listDigests, listUndamaged, type ReportDamage } from './list-undamaged.js';

/** A dataset that is stored. */
export interface StoredDataset {
  /** SHA-256 of its card. */
  readonly digest: string;
  readonly card: DatasetCard;
  /** When it was stored. */
  readonly storedAt: Date;
}

/** Where datasets are in the place of all data. */
export const DATASETS = 'datasets';

/** Datasets that ingest jobs have made, by their digests. */
export interface Datasets {
  /** Oldest first, without those whose card is damaged. @throws DiskError */
  list(): Promise<StoredDataset[]>;
  /** @throws DamagedError where its card is damaged; DiskError */
  find(digest: string): Promise<StoredDataset | undefined>;
  /** Bytes of all files of a dataset, with those of its trials; 0 where there is none. @throws DiskError */
  measure(digest: string): Promise<number>;
  /** Bytes of all datasets, with those that are damaged. @throws DiskError */
  measureAll(): Promise<number>;
  /** The trials that came after the dataset was made. @throws InputError when there is no such dataset; DiskError */
  trials(digest: string): Promise<TrialLog>;
  /** Keeps how long trainings take on a machine, unless the dataset is gone. @throws DiskError */
  keepTimes(digest: string, times: ExpectedTimes): Promise<void>;
  /**
   * How long each recipe would train all neurons.
   * @param machine where it would; undefined where that is any
   * @returns undefined where that was not measured, or on another machine. @throws DiskError
   */
  expectedSeconds(
    digest: string,
    machine: string | undefined,
  ): Promise<ExpectedSeconds | undefined>;
  /** @returns whether it was there. @throws DiskError */
  remove(digest: string): Promise<boolean>;
  /** Where one is, for a reader and for the job that writes it. */
  place(digest: string): string;
}

/**
 * The datasets of a folder. It is made when the first dataset comes.
 * @param report is called with each that is damaged, whenever they are listed
 */
export function createDatasets(folder: string, report: ReportDamage = () => undefined): Datasets {
  const place = (digest: string) => path.join(folder, digest);
  /** Open, so that each append reads only what is new; each with the stamp of the card that it was opened with. */
  const logs = new Map<
    string,
    { readonly stamp: string | undefined; readonly log: Promise<TrialLog> }
  >();
  return {
    list: () => onDisk('the datasets cannot be read', list),
    find: (digest) => onDisk('the dataset cannot be read', () => find(digest)),
    measure: (digest) => onDisk('the dataset cannot be read', () => measure(digest)),
    measureAll: () =>
      onDisk('the datasets cannot be read', async () => {
        const sizes = await Promise.all((await listDigests(folder)).map(measure));
        return sizes.reduce((sum, size) => sum + size, 0);
      }),
    keepTimes: (digest, times) =>
      onDisk('the times of trainings cannot be kept', () => keepTimes(digest, times)),
    expectedSeconds: (digest, machine) =>
      onDisk('the times of trainings cannot be read', () => expectedSeconds(digest, machine)),
    remove: (digest) => onDisk('the dataset cannot be deleted', () => remove(digest)),
    trials: (digest) => onDisk('the dataset cannot be read', () => trials(digest)),
    place,
  };

  async function trials(digest: string): Promise<TrialLog> {
    // Another service may have deleted the dataset, and another job may have made it again.
    const stamp = await fileStamp(path.join(place(digest), DATASET_CARD_FILE));
    const held = logs.get(digest);
    if (held !== undefined && held.stamp === stamp) return await held.log;
    const opened = { stamp, log: openTrials(place(digest)) };
    logs.set(digest, opened);
    opened.log.catch(() => {
      if (logs.get(digest) === opened) logs.delete(digest); // It is tried again.
    });
    return await opened.log;
  }

  async function list(): Promise<StoredDataset[]> {
    const found = await listUndamaged(folder, find, report);
    return found.toSorted((a, b) => a.storedAt.getTime() - b.storedAt.getTime());
  }

  async function find(digest: string): Promise<StoredDataset | undefined> {
    const found = await stat(path.join(place(digest), DATASET_CARD_FILE)).catch(unless('ENOENT'));
    if (found === undefined) return undefined;
    const card = await readCard(digest);
    return { digest, card, storedAt: found.mtime };
  }

  async function measure(digest: string): Promise<number> {
    const options = { recursive: true } as const;
    const files = (await readdir(place(digest), options).catch(unless('ENOENT'))) ?? [];
    const sizes = await Promise.all(
      files.map((file) => stat(path.join(place(digest), file)).catch(unless('ENOENT'))),
    );
    return sizes.reduce((sum, file) => sum + (file?.size ?? 0), 0);
  }

  async function readCard(digest: string): Promise<DatasetCard> {
    const read = await readDatasetCard(place(digest)).catch((cause: unknown) => {
      if (!(cause instanceof InputError)) throw cause;
      if (isSystemError(cause.cause)) throw cause.cause;
      throw new DamagedError(`the card of the dataset ${digest} is damaged`, { cause });
    });
    if (read.digest === digest) return read.card;
    throw new DamagedError(`the card of the dataset ${digest} is that of another one`);
  }

  async function keepTimes(digest: string, times: ExpectedTimes): Promise<void> {
    const file = path.join(place(digest), EXPECTED_TIMES_FILE);
    await writeWhole(file, JSON.stringify(times)).catch(unless('ENOENT'));
  }

  async function expectedSeconds(digest: string, machine: string | undefined) {
    const file = path.join(place(digest), EXPECTED_TIMES_FILE);
    const bytes = await readWhole(file, TIMES_BYTES).catch(unlessNone);
    const times = bytes && parseTimes(bytes.toString());
    return machine === undefined || machine === times?.machine ? times?.seconds : undefined;
  }

  async function remove(digest: string): Promise<boolean> {
    logs.delete(digest);
    return await deleteFolder(place(digest));
  }
}

/** Bytes of the longest file of times that is read. */
const TIMES_BYTES = 2 ** 16;

/** Damaged times are as good as none: they only help to choose. */
function unlessNone(error: unknown): undefined {
  return error instanceof InputError ? undefined : unless('ENOENT')(error);
}

function parseTimes(text: string): ExpectedTimes | undefined {
  try {
    return ExpectedTimes.parse(JSON.parse(text));
  } catch {
    return undefined;
  }
}
