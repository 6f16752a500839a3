import { mkdir, readdir, rm, stat } from 'node:fs/promises';
import path from 'node:path';
import { LRUCache } from 'lru-cache';
import type { Logger } from 'pino';
import { z } from 'zod';
import packageFile from '../../../package.json' with { type: 'json' };
import { hasCode, unless } from '../../files/disk-error.js';
import { readWhole, sha256, writeWhole } from '../../files/whole-file.js';
import { removeAbandoned } from '../../storage/store.js';
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
  /** The folder of the files; without it, rows are stored in memory only. */
  readonly folder: string | undefined;
  readonly logger: Logger;
}

const KeptFile = z.strictObject({ digest: z.string(), neurons: z.array(QuickNeuron) });

/** The number of models whose rows are stored, in memory and on the disk. */
const MAX_MODELS = 100;
/** The largest size of a file. */
const MAX_BYTES = 2 ** 28;
const FILE_NAME = /^[0-9a-f]{64}\.json$/;

/** Stores rows in memory and, if there is a folder, in a file for each model. */
export function createKeptRows({ folder, logger }: KeptRowsOptions): KeptRows {
  const known = new LRUCache<string, QuickRows>({ max: MAX_MODELS });
  const lines = new Map<string, Promise<unknown>>();
  return { of, complete };

  async function of(digest: string): Promise<QuickRows> {
    const rows = known.get(digest) ?? (await read(digest));
    known.set(digest, rows);
    return rows;
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
      const rows = new Map([...kept, ...found.map((row) => [row.id, row] as const)]);
      known.set(digest, rows);
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

  /** Reads stored rows. Without a file, or with an unreadable one, there are none, and they are measured again. */
  async function read(digest: string): Promise<QuickRows> {
    if (folder === undefined) return new Map();
    try {
      const text = (await readWhole(rowsFile(folder, digest), MAX_BYTES)).toString();
      const { neurons } = KeptFile.parse(JSON.parse(text));
      return new Map(neurons.map((row) => [row.id, row]));
    } catch (err) {
      if (!hasCode(err, 'ENOENT')) logger.warn({ digest, err }, 'kept measurements are unreadable');
      return new Map();
    }
  }

  /** Writes rows to the disk; if that fails, they stay in memory only. */
  async function write(digest: string, rows: QuickRows): Promise<void> {
    if (folder === undefined) return;
    try {
      await mkdir(folder).catch(unless('EEXIST'));
      await removeAbandoned(folder, logger);
      const text = JSON.stringify({ digest, neurons: [...rows.values()] });
      await writeWhole(rowsFile(folder, digest), text);
      await removeOldest(folder);
    } catch (err) {
      logger.warn({ digest, err }, 'measurements cannot be kept on the disk');
    }
  }
}

/** The file name contains the version of the program, since another version may measure differently. */
function rowsFile(folder: string, digest: string): string {
  const name = sha256(JSON.stringify([packageFile.version, digest]));
  return path.join(folder, `${name}.json`);
}

async function removeOldest(folder: string): Promise<void> {
  const files = (await readdir(folder)).filter((name) => FILE_NAME.test(name));
  if (files.length <= MAX_MODELS) return;
  const dated = await Promise.all(
    files.map(async (name) => {
      const file = path.join(folder, name);
      return { file, written: (await stat(file)).mtimeMs };
    }),
  );
  const oldest = dated.toSorted((a, b) => b.written - a.written).slice(MAX_MODELS);
  for (const { file } of oldest) await rm(file, { force: true });
}
