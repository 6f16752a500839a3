import { StoreFullError } from '../errors.js';
import type { Datasets } from './datasets.js';
import type { StoredRecordings } from './recordings.js';

/** The room that recordings and datasets share. */
export interface DataRoom {
  /** The most bytes that all of them may take. */
  readonly capacity: number;
  /** @throws StoreFullError when so many bytes more would be too many; DiskError */
  check(bytes: number): Promise<void>;
}

export function createDataRoom(
  recordings: Pick<StoredRecordings, 'list'>,
  datasets: Pick<Datasets, 'list'>,
  capacity: number,
): DataRoom {
  return {
    capacity,
    async check(bytes) {
      const stored = [...(await recordings.list()), ...(await datasets.list())];
      const all = stored.reduce((sum, each) => sum + each.bytes, bytes);
      if (all <= capacity) return;
      throw new StoreFullError(
        `too many bytes of recordings and datasets: ${all}; expected at most ${capacity}; ` +
          'DELETE /v1/recordings/{digest} and /v1/datasets/{digest} make room',
        { tooLarge: bytes > capacity },
      );
    },
  };
}
