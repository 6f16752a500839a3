import { randomUUID } from 'node:crypto';
import { readdir, rename, rm, stat } from 'node:fs/promises';
import path from 'node:path';
import { DATASET_CARD_FILE, type DatasetCard } from '../datasets/card.js';
import { readDatasetCard } from '../datasets/read-card.js';
import { DataDigest } from '../datasets/recording.js';
import { openTrials, type TrialLog } from '../datasets/trials.js';
import { onDisk, unless } from '../files/disk-error.js';

/** A dataset that is stored. */
export interface StoredDataset {
  /** SHA-256 of its card. */
  readonly digest: string;
  readonly card: DatasetCard;
  /** Of all its files. */
  readonly bytes: number;
  /** When it was stored. */
  readonly storedAt: Date;
}

/** Where datasets are in the place of all data. */
export const DATASETS = 'datasets';

/** Datasets that ingest jobs have made, by their digests. */
export interface Datasets {
  /** Oldest first. @throws DiskError */
  list(): Promise<StoredDataset[]>;
  /** @throws DiskError */
  find(digest: string): Promise<StoredDataset | undefined>;
  /** The trials that came after the dataset was made. @throws InputError when there is no such dataset */
  trials(digest: string): Promise<TrialLog>;
  /** @returns whether it was there. @throws DiskError */
  remove(digest: string): Promise<boolean>;
  /** Where one is, for a reader and for the job that writes it. */
  place(digest: string): string;
}

/** The datasets of a folder. It is made when the first dataset comes. */
export function createDatasets(folder: string): Datasets {
  const place = (digest: string) => path.join(folder, digest);
  /** Open, so that each append reads only what is new. */
  const logs = new Map<string, Promise<TrialLog>>();
  return {
    list: () => onDisk('the datasets cannot be read', list),
    find: (digest) => onDisk('the dataset cannot be read', () => find(digest)),
    remove: (digest) => onDisk('the dataset cannot be deleted', () => remove(digest)),
    trials(digest) {
      const opened = logs.get(digest) ?? openTrials(place(digest));
      logs.set(digest, opened);
      opened.catch(() => logs.delete(digest)); // It is tried again.
      return opened;
    },
    place,
  };

  async function list(): Promise<StoredDataset[]> {
    const names = (await readdir(folder).catch(unless('ENOENT'))) ?? [];
    const digests = names.filter((name) => DataDigest.safeParse(name).success);
    const found = await Promise.all(digests.map(find));
    return found
      .filter((each) => each !== undefined)
      .toSorted((a, b) => a.storedAt.getTime() - b.storedAt.getTime());
  }

  async function find(digest: string): Promise<StoredDataset | undefined> {
    const found = await stat(path.join(place(digest), DATASET_CARD_FILE)).catch(unless('ENOENT'));
    if (found === undefined) return undefined;
    const { card } = await readDatasetCard(place(digest));
    const files = await readdir(place(digest));
    const sizes = await Promise.all(files.map((file) => stat(path.join(place(digest), file))));
    return {
      digest,
      card,
      bytes: sizes.reduce((sum, { size }) => sum + size, 0),
      storedAt: found.mtime,
    };
  }

  async function remove(digest: string): Promise<boolean> {
    logs.delete(digest);
    const doomed = path.join(folder, `.deleting-${randomUUID()}`);
    const renamed = await rename(place(digest), doomed).then(() => true, unless('ENOENT'));
    if (renamed === undefined) return false;
    await rm(doomed, { recursive: true, force: true });
    return true;
  }
}
