import type { Logger } from 'pino';
import { ModelUnavailableError, messageOf, PublicError, StorageError } from '../errors.js';
import { mapConcurrently } from '../files/map-concurrently.js';
import type { ModelCard } from '../models/card.js';
import type { ListedVersion, ModelSource, SourceListing } from '../models/model-source.js';
import type { Precision } from '../network/precision.js';
import { createSequence } from '../workers/in-order.js';
import type { Catalogue, ModelRepository, ServedModel } from './catalogue.js';
import type { Engine } from './engine.js';
import { isOfRequest, oneLine } from './load-failure.js';
import { createModelList, type ListEntry } from './model-list.js';
import { createModelMemory, type MemoryEvents } from './model-memory.js';
import { type Patience, waitPatiently } from './patience.js';

/**
 * Which models are loaded at the start and stay loaded: all, none, or those of these names. `fitting`: all
 * are loaded at the start if there is memory for all, and none is loaded at the start if not.
 */
export type Preload = 'fitting' | 'all' | 'none' | readonly string[];

export interface RepositoryOptions {
  readonly source: ModelSource;
  readonly engine: Pick<Engine, 'load' | 'unload'>;
  readonly logger: Logger;
  /** The most bytes that loaded models take. */
  readonly capacity?: number;
  /** Bytes that a model takes once it is loaded. */
  readonly bytesOf?: (model: ServedModel) => number;
  /** In which a model is computed; left out: float32. */
  readonly precisionOf?: (card: ModelCard) => Precision;
  readonly preload?: Preload;
  /** Milliseconds, monotonic; deadlines are on it too. */
  readonly clock?: () => number;
  readonly memoryEvents?: MemoryEvents;
  /** Called after each change of the served and the unusable models. */
  readonly onChange?: (catalogue: Catalogue) => void;
}

/** Cards that are read at the same time. */
const CONCURRENT_CARDS = 16;
/** Milliseconds after a load has failed before a request for the model tries it again. */
const RETRY_MILLISECONDS = 1000;

/**
 * The models of a source; none before the first `reload`. Cards are read first. Models that are loaded at
 * the start are served from the moment that the engine has verified them, its golden responses computed,
 * which warms it up too; the others are served immediately, and loaded when a request needs them.
 */
export function createModelRepository(options: RepositoryOptions): ModelRepository {
  const { source, engine, logger, onChange, preload = 'fitting', memoryEvents } = options;
  const { capacity = Number.POSITIVE_INFINITY, bytesOf = () => 0 } = options;
  const { precisionOf = () => 'float32' } = options;
  const { clock = () => performance.now() } = options;
  const list = createModelList();
  const memory = createModelMemory({
    engine,
    source,
    capacity,
    bytesOf,
    logger,
    clock,
    events: memoryEvents,
  });
  /** Failed versions that are being loaded again. */
  const retrying = new Map<ListEntry, Promise<void>>();
  const inTurn = createSequence();

  const repository: ModelRepository = {
    get served() {
      return list.served;
    },
    get unusable() {
      return list.unusable;
    },
    memory,
    isLoaded: ({ digest }) => memory.isLoaded(digest),
    find: list.find,
    hold: memory.hold,
    prepare,
    retry,
    load: (name) =>
      inTurn(async () => {
        const { names, versions } = await source.list(name);
        if (!names.includes(name)) return false;
        await refresh(versions, () => () => true);
        retireMissing(list.named(name), versions);
        await memory.settle();
        return true;
      }),
    unload: (name) =>
      inTurn(async () => {
        const entries = list.named(name);
        for (const entry of entries) {
          retire(entry);
          entry.candidate = undefined;
          fail(entry, 'unloaded');
        }
        publish();
        await memory.settle();
        return entries.length > 0;
      }),
    reload: () =>
      inTurn(async () => {
        const listing = await source.list();
        for (const { name, reason } of [...listing.broken, ...listing.unreadable])
          logger.warn({ model: name, reason }, 'model is skipped');
        await serveListed(listing, listing.versions);
        await memory.settle();
      }),
    poll: () =>
      inTurn(async () => {
        const begun = clock();
        const listing = await source.list();
        const took = clock() - begun;
        const changed = listing.versions.filter(
          (version) => list.get(version)?.stamp !== version.stamp,
        );
        await serveListed(listing, changed);
        return took;
      }),
    lose,
  };
  return repository;

  /** @param changed the versions to read */
  async function serveListed(
    { versions, unreadable }: SourceListing,
    changed: readonly ListedVersion[],
  ): Promise<void> {
    if (changed.length > 0) await refresh(changed, choosePreloaded);
    const stays = new Set(unreadable.map(({ name }) => name));
    retireMissing(
      [...list.all()].filter(({ name }) => !stays.has(name)),
      versions,
    );
  }

  async function prepare(model: ServedModel, patience: Patience): Promise<number> {
    const begun = clock();
    try {
      return (await memory.load(model, patience)) ? (clock() - begun) / 1000 : 0;
    } catch (error) {
      if (isOfRequest(error)) throw error;
      const entry = list.get(model);
      if (entry?.served === model) {
        entry.candidate = model;
        retire(entry);
        reportFailure(entry, error);
        publish();
      }
      throw new ModelUnavailableError(
        `${model.name}/${model.version} is not served: ${oneLine(messageOf(error))}`,
        { cause: error },
      );
    }
  }

  async function retry(name: string, version: number | undefined, patience: Patience) {
    const entry = list
      .named(name)
      .findLast((known) => known.candidate && known.version === (version ?? known.version));
    if (!entry?.candidate || clock() < (entry.failure?.retryAt ?? 0)) return undefined;
    const attempt =
      retrying.get(entry) ?? tryAgain(entry, entry.candidate).finally(() => retrying.delete(entry));
    retrying.set(entry, attempt);
    await waitPatiently(attempt, patience, clock);
    publish();
    return entry.served;
  }

  async function tryAgain(entry: ListEntry, candidate: ServedModel): Promise<void> {
    const { name, version } = entry;
    // It may have been replaced since; why it cannot be read, the load says.
    const found = await source.readCard(entry).catch(() => undefined);
    const isReplaced = found && found.digest !== candidate.digest;
    // It may have been unloaded meanwhile.
    if (isReplaced && entry.candidate === candidate) {
      entry.candidate = { name, version, ...found };
    }
    await admit(entry, true);
  }

  function lose(digest: string, reason: string): void {
    memory.lose(digest);
    for (const entry of list.all()) {
      if (entry.served?.digest !== digest) continue;
      entry.candidate = entry.served;
      retire(entry);
      fail(entry, reason);
    }
    publish();
  }

  /** Reads the cards of versions, then serves those that are new. */
  async function refresh(
    versions: readonly ListedVersion[],
    chooseEager: () => (entry: ListEntry) => boolean,
  ): Promise<void> {
    const entries = await mapConcurrently(versions, CONCURRENT_CARDS, readCard);
    publish();
    const isEager = chooseEager();
    for (const entry of entries) await admit(entry, isEager(entry));
    publish();
  }

  async function readCard(listed: ListedVersion): Promise<ListEntry> {
    const { name, version, stamp } = listed;
    const entry = list.entry(listed);
    entry.candidate = undefined;
    try {
      const { card, digest } = await source.readCard(listed);
      if (digest === entry.served?.digest) entry.failure = undefined;
      else entry.candidate = { name, version, digest, card, precision: precisionOf(card) };
      entry.stamp = stamp;
    } catch (error) {
      reportFailure(entry, error);
    }
    return entry;
  }

  /** Which models are loaded at the start, once all cards are read. */
  function choosePreloaded() {
    const isForAll = preload === 'fitting' && requiredBytes() <= capacity;
    return ({ name }: ListEntry) => isForAll || isPinned(name);
  }

  function isPinned(name: string): boolean {
    return preload === 'all' || (Array.isArray(preload) && preload.includes(name));
  }

  /** What all models take together. */
  function requiredBytes(): number {
    let sum = 0;
    for (const { candidate, served } of list.all()) {
      const model = candidate ?? served;
      if (model) sum += bytesOf(model);
    }
    return sum;
  }

  /** Serves what the source has of a version, once it is loaded where it is to be loaded. */
  async function admit(entry: ListEntry, isEager: boolean): Promise<void> {
    const { served, candidate } = entry;
    const model = candidate ?? served;
    if (model === undefined) return;
    memory.add(model, isPinned(entry.name));
    // What replaces a loaded model is verified before it answers.
    if (isEager || (served && memory.isLoaded(served.digest))) {
      const release = memory.hold(model);
      try {
        await memory.load(model, {});
      } catch (error) {
        if (served !== model) memory.retire(model.digest);
        if (list.has(entry)) reportFailure(entry, error);
        // The next poll tries it again.
        if (error instanceof StorageError) entry.stamp = '';
        return;
      } finally {
        release();
      }
    }
    if (candidate === undefined) return;
    // It may have been replaced, unloaded or deleted meanwhile.
    if (!list.has(entry) || entry.candidate !== candidate) {
      // A request that came while it was loaded may have served it already.
      if (entry.served?.digest !== model.digest) memory.retire(model.digest);
      return;
    }
    retire(entry);
    entry.served = candidate;
    entry.candidate = undefined;
    entry.failure = undefined;
    list.update();
    const { name, version, digest } = candidate;
    logger[isEager ? 'info' : 'debug']({ model: name, version, digest }, 'model is served');
  }

  function retireMissing(entries: readonly ListEntry[], versions: readonly ListedVersion[]): void {
    const there = new Set(versions.map(formatKey));
    const gone = entries.filter((entry) => !there.has(formatKey(entry)));
    for (const entry of gone) {
      retire(entry);
      list.remove(entry);
    }
    if (gone.length > 0) publish();
  }

  function retire(entry: ListEntry): void {
    if (entry.served === undefined) return;
    const { name, version, digest } = entry.served;
    entry.served = undefined;
    list.update();
    memory.retire(digest);
    logger.info({ model: name, version, digest }, 'model is no longer served');
  }

  function reportFailure(entry: ListEntry, error: unknown): void {
    const { name: model, version } = entry;
    const reason = messageOf(error);
    const bug = error instanceof PublicError ? {} : { err: error };
    // A card that stays broken is reported once.
    if (entry.failure?.reason !== oneLine(reason))
      logger.error({ model, version, reason, ...bug }, 'model is not served');
    fail(entry, reason);
  }

  function fail(entry: ListEntry, reason: string): void {
    entry.failure = { reason: oneLine(reason), retryAt: clock() + RETRY_MILLISECONDS };
  }

  function publish(): void {
    list.update();
    onChange?.(repository);
  }
}

function formatKey({ name, version }: Pick<ListEntry, 'name' | 'version'>): string {
  return `${name}/${version}`;
}
