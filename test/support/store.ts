import { mkdtempSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { pino } from 'pino';
import { afterAll, onTestFinished } from 'vitest';
import { openStore, type Store } from '../../src/storage/store.js';

/** A folder that is deleted when the test ends. */
export async function temporaryFolder(): Promise<string> {
  const folder = await mkdtemp(path.join(tmpdir(), 'hypercolumn-store-'));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  return folder;
}

/** A folder for all tests of a file, which is deleted after them. */
export function sharedFolder(): string {
  const folder = mkdtempSync(path.join(tmpdir(), 'hypercolumn-tests-'));
  afterAll(() => rm(folder, { recursive: true, force: true }));
  return folder;
}

export interface TestStore extends Store {
  readonly folder: string;
  readonly log: Record<string, unknown>[];
}

export interface TestStoreOptions {
  readonly folder?: string;
  /** Bytes; a megabyte by default. */
  readonly setsCapacity?: number;
  readonly cacheCapacity?: number;
}

/** A store in the given folder, or in one that is deleted when the test ends. */
export async function openTestStore(options: TestStoreOptions = {}): Promise<TestStore> {
  const { setsCapacity = 2 ** 20, cacheCapacity = 2 ** 20 } = options;
  const folder = options.folder ?? (await temporaryFolder());
  const log: Record<string, unknown>[] = [];
  const logger = pino({}, { write: (line: string) => log.push(JSON.parse(line)) });
  const store = await openStore({ folder, setsCapacity, cacheCapacity, logger });
  return { ...store, folder, log };
}
