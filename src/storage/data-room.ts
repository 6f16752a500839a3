import { StoreFullError } from '../errors.js';
import type { Datasets } from './datasets.js';
import type { StoredRecordings } from './recordings.js';

/** The room that recordings and datasets share. */
export interface DataRoom {
  /** The most bytes that all of them may take. */
  readonly capacity: number;
  /** @throws StoreFullError when so many bytes more would be too many; DiskError */
  check(bytes: number): Promise<void>;
  /**
   * Checks as `check` does, for a few bytes that come often, such as trials: what is stored is measured anew only at
   * intervals, and before anything is rejected.
   */
  checkOften(bytes: number): Promise<void>;
}

/** Milliseconds between two measurements. */
const INTERVAL = 10_000;

/** @param clock milliseconds, monotonic */
export function createDataRoom(
  recordings: Pick<StoredRecordings, 'list'>,
  datasets: Pick<Datasets, 'measureAll'>,
  capacity: number,
  clock: () => number = () => performance.now(),
): DataRoom {
  /** What was stored, with what `checkOften` has let in since. */
  let stored = 0;
  let measuredAt = Number.NEGATIVE_INFINITY;
  return { capacity, check, checkOften };

  async function check(bytes: number): Promise<void> {
    const list = await recordings.list();
    stored = list.reduce((sum, each) => sum + each.bytes, await datasets.measureAll());
    measuredAt = clock();
    if (stored + bytes <= capacity) return;
    throw new StoreFullError(
      `too many bytes of recordings and datasets: ${stored + bytes}; expected at most ${capacity}; ` +
        'DELETE /v1/recordings/{digest} and /v1/datasets/{digest} make room',
      { tooLarge: bytes > capacity },
    );
  }

  async function checkOften(bytes: number): Promise<void> {
    if (clock() - measuredAt >= INTERVAL || stored + bytes > capacity) await check(bytes);
    stored += bytes;
  }
}
