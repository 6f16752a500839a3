import type { Logger } from 'pino';
import { InputError, ModelUnavailableError } from '../errors.js';
import type { ModelSource } from '../models/model-source.js';
import { createSequence } from '../workers/in-order.js';
import type { ServedModel } from './catalogue.js';
import type { Engine } from './engine.js';
import { type Patience, waitPatiently } from './patience.js';
import { computeTwice } from './twice.js';

export interface ModelMemoryOptions {
  readonly engine: Pick<Engine, 'load' | 'unload'>;
  readonly source: Pick<ModelSource, 'localFolder'>;
  /** The most bytes that loaded models take. */
  readonly capacity: number;
  /** Bytes that a model takes once it is loaded. */
  readonly bytesOf: (model: ServedModel) => number;
  readonly logger: Logger;
  /** Milliseconds, monotonic; deadlines are on it too. */
  readonly clock: () => number;
  /** Milliseconds that a model waits for others to be no longer used. */
  readonly roomPatience?: number;
  readonly events?: MemoryEvents | undefined;
}

/** What happens in the memory, for the metrics. */
export interface MemoryEvents {
  readonly load: (seconds: number, isLoaded: boolean) => void;
  readonly eviction: () => void;
}

/**
 * The models in the engine's memory. A model is loaded when it is first needed. To make room, models that
 * nothing holds are unloaded, the least recently used first. One model is loaded at a time.
 */
export interface ModelMemory {
  readonly capacity: number;
  /** Bytes that the loaded models take, with the one that is being loaded. */
  readonly bytes: number;
  /** Loaded models. */
  readonly count: number;
  /**
   * Makes a model known, which loads nothing; one that was retired is served again.
   * @param isPinned whether it is never unloaded to make room
   */
  add(model: ServedModel, isPinned: boolean): void;
  isLoaded(digest: string): boolean;
  /**
   * Keeps a known model, and keeps it in the engine once it is loaded, until the function that this returns
   * is called.
   */
  hold(model: ServedModel): () => void;
  /**
   * Loads a model that the caller holds; concurrent calls share one load.
   * @returns whether the caller waited
   * @throws ModelUnavailableError when there is no room; the reason when it cannot be loaded;
   *   ClientDisconnectedError or DeadlineError when the caller's patience ends, which ends no load
   */
  load(model: ServedModel, patience: Patience): Promise<boolean>;
  /** Unloads a model, and forgets it, once nothing holds it. */
  retire(digest: string): void;
  /** Takes note that the engine no longer has a model. */
  lose(digest: string): void;
  /** Resolves when the loads and unloads so far are done. */
  settle(): Promise<void>;
}

interface Entry {
  readonly model: ServedModel;
  readonly bytes: number;
  isPinned: boolean;
  users: number;
  /** Calls of `load` that wait. */
  waiting: number;
  isRetired: boolean;
  loading: Promise<void> | undefined;
}

const ROOM_PATIENCE = 10_000;

export function createModelMemory(options: ModelMemoryOptions): ModelMemory {
  const { engine, source, capacity, bytesOf, logger, clock, events } = options;
  const { roomPatience = ROOM_PATIENCE } = options;
  /** By digest. */
  const known = new Map<string, Entry>();
  /** Those that the engine has, by digest, the least recently used first. */
  const loaded = new Map<string, Entry>();
  let bytes = 0;
  /** Called when a model may be unloaded that was used until then. */
  const roomWaiters = new Set<() => void>();
  const inTurn = createSequence();

  return {
    capacity,
    add,
    hold,
    load,
    retire,
    lose,
    isLoaded: (digest) => loaded.has(digest),
    settle: () => inTurn(async () => {}),
    get bytes() {
      return bytes;
    },
    get count() {
      return loaded.size;
    },
  };

  function add(model: ServedModel, isPinned: boolean): void {
    const entry = known.get(model.digest);
    if (entry) {
      entry.isRetired = false;
      entry.isPinned = isPinned;
      return;
    }
    known.set(model.digest, {
      model,
      bytes: bytesOf(model),
      isPinned,
      users: 0,
      waiting: 0,
      isRetired: false,
      loading: undefined,
    });
  }

  function hold({ name, version, digest }: ServedModel): () => void {
    const entry = known.get(digest);
    if (entry === undefined) throw new Error(`${name}/${version} is not served`);
    entry.users += 1;
    let held = true;
    return () => {
      if (!held) return;
      held = false;
      entry.users -= 1;
      touch(entry);
      if (entry.users > 0) return;
      if (entry.isRetired) forget(entry);
      wakeRoomWaiters();
    };
  }

  async function load({ digest }: ServedModel, patience: Patience): Promise<boolean> {
    const entry = known.get(digest);
    if (entry === undefined) throw new Error(`model ${digest} is not known`);
    touch(entry);
    let hasWaited = false;
    // A load that all others gave up before it began did nothing.
    while (!loaded.has(digest)) {
      hasWaited = true;
      entry.loading ??= fetchAndLoad(entry).finally(() => {
        entry.loading = undefined;
      });
      entry.waiting += 1;
      try {
        await waitPatiently(entry.loading, patience, clock);
      } finally {
        entry.waiting -= 1;
        if (entry.waiting === 0) wakeRoomWaiters();
      }
    }
    return hasWaited;
  }

  /** Files are fetched first, so that one that is slow to come holds up no other model. */
  async function fetchAndLoad(entry: Entry): Promise<void> {
    const { name, version, digest } = entry.model;
    await source.localFolder({ name, version }, digest);
    await inTurn(() => loadNow(entry));
  }

  async function loadNow(entry: Entry): Promise<void> {
    const { model } = entry;
    const { name, version, digest } = model;
    await makeRoom(entry);
    if (entry.waiting === 0) return;
    const begun = clock();
    bytes += entry.bytes;
    let isLoaded = false;
    try {
      // Again, since the fetched files may have made room for others meanwhile.
      const folder = await source.localFolder({ name, version }, digest);
      await computeTwice(() => engine.load(folder, digest));
      isLoaded = true;
    } finally {
      if (!isLoaded) bytes -= entry.bytes;
      events?.load((clock() - begun) / 1000, isLoaded);
    }
    loaded.set(digest, entry);
    logger.info(
      { model: name, version, digest, ms: Math.round(clock() - begun) },
      'model is loaded',
    );
    if (entry.isRetired && entry.users === 0) forget(entry);
  }

  /**
   * Unloads other models until this one fits, or until no request waits for it.
   * @throws ModelUnavailableError when those in use leave no room
   */
  async function makeRoom(entry: Entry): Promise<void> {
    const { model, bytes: needed } = entry;
    const name = `${model.name}/${model.version}`;
    if (needed > capacity) {
      throw new InputError(
        `too little memory for ${name}: it takes ${needed} bytes; expected at most ` +
          `MODEL_MEMORY=${capacity}`,
      );
    }
    const end = clock() + roomPatience;
    while (entry.waiting > 0 && bytes + needed > capacity) {
      const victim = findVictim();
      if (victim) {
        await evict(victim);
      } else if (needed > capacity - pinnedBytes() || !(await waitForRoom(end - clock()))) {
        const kept = pinnedBytes();
        const hint = kept > 0 ? `; PRELOAD keeps models of ${kept} bytes loaded` : '';
        throw new ModelUnavailableError(
          `no memory for ${name} now: the models in use leave ${capacity - bytes} bytes of ` +
            `MODEL_MEMORY=${capacity}; expected ${needed}${hint}`,
        );
      }
    }
  }

  /** What no waiting frees. */
  function pinnedBytes(): number {
    let sum = 0;
    for (const entry of loaded.values()) if (entry.isPinned) sum += entry.bytes;
    return sum;
  }

  function findVictim(): Entry | undefined {
    for (const entry of loaded.values()) if (entry.users === 0 && !entry.isPinned) return entry;
    return undefined;
  }

  /** @returns false when no model was released within so many milliseconds */
  async function waitForRoom(milliseconds: number): Promise<boolean> {
    return await new Promise((resolve) => {
      const finish = (isFreed: boolean) => {
        clearTimeout(timer);
        roomWaiters.delete(resume);
        resolve(isFreed);
      };
      const resume = () => finish(true);
      const timer = setTimeout(() => finish(false), Math.max(0, milliseconds));
      roomWaiters.add(resume);
    });
  }

  function wakeRoomWaiters(): void {
    for (const resume of roomWaiters) resume();
  }

  async function evict(entry: Entry): Promise<void> {
    const { name, version, digest } = entry.model;
    await unload(entry);
    events?.eviction();
    logger.info({ model: name, version, digest }, 'model is unloaded to make room');
  }

  async function unload({ model, bytes: freed }: Entry): Promise<void> {
    const { name, version, digest } = model;
    if (!loaded.delete(digest)) return;
    bytes -= freed;
    try {
      await engine.unload(digest);
    } catch (err) {
      logger.error({ model: name, version, err }, 'model is not let go');
    }
  }

  function retire(digest: string): void {
    const entry = known.get(digest);
    if (entry === undefined) return;
    entry.isRetired = true;
    if (entry.users === 0) forget(entry);
  }

  function forget(entry: Entry): void {
    const { digest } = entry.model;
    void inTurn(async () => {
      // It may be served again, or used, since.
      if (!entry.isRetired || entry.users > 0) return;
      known.delete(digest);
      await unload(entry);
    });
  }

  function lose(digest: string): void {
    const entry = loaded.get(digest);
    if (entry === undefined) return;
    loaded.delete(digest);
    bytes -= entry.bytes;
    if (entry.isRetired && entry.users === 0) known.delete(digest);
  }

  /** Makes it the most recently used. */
  function touch(entry: Entry): void {
    const { digest } = entry.model;
    if (loaded.delete(digest)) loaded.set(digest, entry);
  }
}
