import { LRUCache } from 'lru-cache';
import type { Logger } from 'pino';
import { z } from 'zod';
import packageFile from '../../../package.json' with { type: 'json' };
import { sha256 } from '../../files/whole-file.js';
import type { ObjectInfo, ObjectStore } from '../../objects/object-store.js';
import { QuickNeuron } from './quick-neuron.js';

/** Rows of the quick measurement, by the neuron's id. */
export type QuickRows = ReadonlyMap<number, QuickNeuron>;

/** Stored results of the quick measurement, by the digest of the model. */
export interface KeptRows {
  /** Returns the stored rows of a model. */
  of(digest: string): Promise<QuickRows>;
  /**
   * Measures the neurons that have no stored row, and returns all stored rows. One caller per model measures at
   * a time, so concurrent requests for the same neurons measure them once.
   * @param measure measures the neurons without a stored row
   */
  complete(
    digest: string,
    ids: readonly number[],
    measure: (missing: readonly number[]) => Promise<readonly QuickNeuron[]>,
  ): Promise<QuickRows>;
}

export interface KeptRowsOptions {
  /** Where the rows are stored; without it, they are in memory only. */
  readonly objects: ObjectStore | undefined;
  readonly logger: Logger;
}

/** Rows in memory. */
interface KnownRows {
  readonly rows: QuickRows;
  /** Of the stored object that they were read from. */
  readonly stamp: string | undefined;
}

const NO_ROWS: KnownRows = { rows: new Map(), stamp: undefined };

const KeptFile = z.strictObject({ digest: z.string(), neurons: z.array(QuickNeuron) });

/** The number of models whose rows are stored. */
const MAX_MODELS = 100;
/** The largest size of an object. */
const MAX_BYTES = 2 ** 28;
const KEY = /^[0-9a-f]{64}\.json$/;

/** Stores rows in memory and, if there is a place for them, in an object for each model. */
export function createKeptRows({ objects, logger }: KeptRowsOptions): KeptRows {
  const known = new LRUCache<string, KnownRows>({ max: MAX_MODELS });
  const lines = new Map<string, Promise<unknown>>();
  return { of, complete };

  /** Rows of this process, and those that another replica has stored meanwhile. */
  async function of(digest: string): Promise<QuickRows> {
    const before = known.get(digest) ?? NO_ROWS;
    const { rows, stamp } = await readChanged(digest, before.stamp);
    known.set(digest, { rows: new Map([...before.rows, ...rows]), stamp });
    return known.get(digest)!.rows;
  }

  function complete(
    digest: string,
    ids: readonly number[],
    measure: Parameters<KeptRows['complete']>[2],
  ): Promise<QuickRows> {
    return inLine(digest, async () => {
      const kept = await of(digest);
      const missing = ids.filter((id) => !kept.has(id));
      if (missing.length === 0) return kept;
      const found = await measure(missing);
      // Another replica may have stored others while these were measured.
      const rows = new Map([...(await of(digest)), ...found.map((row) => [row.id, row] as const)]);
      known.set(digest, { rows, stamp: undefined });
      await write(digest, rows);
      return rows;
    });
  }

  async function inLine<T>(digest: string, task: () => Promise<T>): Promise<T> {
    const result = (lines.get(digest) ?? Promise.resolve()).then(task);
    const line = result.catch(() => undefined);
    lines.set(digest, line);
    try {
      return await result;
    } finally {
      if (lines.get(digest) === line) lines.delete(digest);
    }
  }

  /**
   * Reads stored rows if they have changed. Where there are none, or they are unreadable, the neurons are measured
   * again.
   */
  async function readChanged(digest: string, stamp: string | undefined): Promise<KnownRows> {
    try {
      const info = await objects?.stat(keyOf(digest));
      const current = info && [info.bytes, info.modified.getTime(), info.sha256].join(' ');
      if (current === undefined || current === stamp) return { rows: NO_ROWS.rows, stamp };
      const found = await objects?.read(keyOf(digest), MAX_BYTES);
      if (found === undefined) return NO_ROWS;
      const { neurons } = KeptFile.parse(JSON.parse(found.content.toString()));
      return { rows: new Map(neurons.map((row) => [row.id, row])), stamp: current };
    } catch (err) {
      logger.warn({ digest, err }, 'kept measurements are unreadable');
      return { rows: NO_ROWS.rows, stamp };
    }
  }

  /** Stores rows; if that fails, they stay in memory only. */
  async function write(digest: string, rows: QuickRows): Promise<void> {
    if (objects === undefined) return;
    try {
      const text = JSON.stringify({ digest, neurons: [...rows.values()] });
      await objects.put(keyOf(digest), Buffer.from(text));
      await removeOldest(objects);
    } catch (err) {
      logger.warn({ digest, err }, 'measurements cannot be kept');
    }
  }
}

/** The key contains the version of the program, since another version may measure differently. */
function keyOf(digest: string): string {
  return `${sha256(JSON.stringify([packageFile.version, digest]))}.json`;
}

async function removeOldest(objects: ObjectStore): Promise<void> {
  const stored: ObjectInfo[] = [];
  for await (const info of objects.list()) if (KEY.test(info.key)) stored.push(info);
  const byAge = stored.toSorted((a, b) => b.modified.getTime() - a.modified.getTime());
  for (const { key } of byAge.slice(MAX_MODELS)) await objects.remove(key);
}
