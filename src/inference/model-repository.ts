import type { Logger } from 'pino';
import { PublicError } from '../errors.js';
import type { ModelSource } from '../models/model-source.js';
import { createSequence } from '../workers/in-order.js';
import type { Catalogue, ModelRepository, ServedModel, UnusableModel } from './catalogue.js';
import type { Engine } from './engine.js';

export interface RepositoryOptions {
  readonly source: ModelSource;
  readonly engine: Pick<Engine, 'load' | 'unload'>;
  readonly logger: Logger;
  /** Called after each change of the served and the unusable models. */
  readonly onChange?: (catalogue: Catalogue) => void;
}

/** A model that the engine has. */
interface LoadedModel {
  readonly model: ServedModel;
  users: number;
  /** No longer served: the engine unloads it once nothing holds it. */
  retired: boolean;
}

/** Where the stack of an error begins, which only the log gets. */
const STACK = /\n\s+at /;

/**
 * The models of a source, loaded into the engine; none before the first `reload`. Loading and
 * unloading happen one after the other; each version is served from the moment that the engine has
 * verified it, its golden responses computed, which warms it up too.
 */
export function createModelRepository(options: RepositoryOptions): ModelRepository {
  const { source, engine, logger, onChange } = options;
  /** By digest. */
  const loaded = new Map<string, LoadedModel>();
  /** By name and version. */
  const failed = new Map<string, UnusableModel>();
  let served: readonly ServedModel[] = [];
  let unusable: readonly UnusableModel[] = [];
  const inTurn = createSequence();

  const repository: ModelRepository = {
    get served() {
      return served;
    },
    get unusable() {
      return unusable;
    },
    find: (name, version) =>
      served.findLast(
        (model) => model.name === name && (version ?? model.version) === model.version,
      ),
    hold,
    load: (name) =>
      inTurn(async () => {
        const { names, versions } = await source.list(name);
        if (!names.includes(name)) return false;
        await refresh(
          name,
          versions.map(({ version }) => version),
        );
        return true;
      }),
    unload: (name) =>
      inTurn(async () => {
        const known = [...served, ...unusable].filter((model) => model.name === name);
        for (const model of known) fail({ ...model, reason: 'unloaded' });
        for (const entry of current(name)) retire(entry);
        publish();
        await release();
        return known.length > 0;
      }),
    reload: () =>
      inTurn(async () => {
        const { names: found, versions, broken, unreadable } = await source.list();
        for (const { name, reason } of [...broken, ...unreadable])
          logger.warn({ model: name, reason }, 'model is skipped');
        for (const name of found) {
          const own = versions.filter((version) => version.name === name);
          await refresh(
            name,
            own.map(({ version }) => version),
          );
        }
        const known = new Set([...served, ...unusable].map(({ name }) => name));
        const stays = new Set([...found, ...unreadable.map(({ name }) => name)]);
        for (const name of known) if (!stays.has(name)) await refresh(name, []);
      }),
    lose,
  };
  return repository;

  function hold({ name, version, digest }: ServedModel): () => void {
    const entry = loaded.get(digest);
    if (entry === undefined) throw new Error(`${name}/${version} is not loaded`);
    entry.users += 1;
    let held = true;
    return () => {
      if (!held) return;
      held = false;
      entry.users -= 1;
      if (entry.retired && entry.users === 0) void inTurn(release);
    };
  }

  function lose(digest: string, reason: string): void {
    const entry = loaded.get(digest);
    loaded.delete(digest);
    if (entry && !entry.retired) fail({ ...entry.model, reason: oneLine(reason) });
    publish();
  }

  /** Loads what is new among the versions of a model, and retires what is not among them. */
  async function refresh(name: string, versions: readonly number[]): Promise<void> {
    for (const version of versions) {
      try {
        await admit(name, version);
        failed.delete(formatKey({ name, version }));
      } catch (error) {
        const message = error instanceof Error ? error.message : String(error);
        const bug = error instanceof PublicError ? {} : { err: error };
        logger.error({ model: name, version, reason: message, ...bug }, 'model is not served');
        fail({ name, version, reason: oneLine(message) });
      }
      publish();
    }
    for (const entry of current(name)) if (!versions.includes(entry.model.version)) retire(entry);
    for (const [key, model] of failed) {
      if (model.name === name && !versions.includes(model.version)) failed.delete(key);
    }
    publish();
    await release();
  }

  async function admit(name: string, version: number): Promise<void> {
    const { card, digest } = await source.readCard({ name, version });
    const known = loaded.get(digest);
    if (known) {
      known.retired = false;
    } else {
      await engine.load(await source.localFolder({ name, version }, digest), digest);
      loaded.set(digest, { model: { name, version, digest, card }, users: 0, retired: false });
      logger.info({ model: name, version, digest }, 'model is served');
    }
    for (const entry of current(name)) {
      if (entry.model.version === version && entry.model.digest !== digest) retire(entry);
    }
  }

  function current(name: string): LoadedModel[] {
    return [...loaded.values()].filter(({ model, retired }) => model.name === name && !retired);
  }

  function retire(entry: LoadedModel): void {
    entry.retired = true;
    const { name, version, digest } = entry.model;
    logger.info({ model: name, version, digest }, 'model is no longer served');
  }

  /** Unloads every model that is neither served nor held. */
  async function release(): Promise<void> {
    for (const [digest, { retired, users, model }] of loaded) {
      if (!retired || users > 0) continue;
      loaded.delete(digest);
      try {
        await engine.unload(digest);
      } catch (err) {
        logger.error({ model: model.name, version: model.version, err }, 'model is not let go');
      }
    }
  }

  function fail({ name, version, reason }: UnusableModel): void {
    failed.set(formatKey({ name, version }), { name, version, reason });
  }

  function publish(): void {
    served = [...loaded.values()]
      .filter(({ retired }) => !retired)
      .map(({ model }) => model)
      .toSorted(byNameAndVersion);
    unusable = [...failed.values()].toSorted(byNameAndVersion);
    onChange?.(repository);
  }
}

type NameAndVersion = Pick<ServedModel, 'name' | 'version'>;

function formatKey({ name, version }: NameAndVersion): string {
  return `${name}/${version}`;
}

function byNameAndVersion(a: NameAndVersion, b: NameAndVersion): number {
  if (a.name === b.name) return a.version - b.version;
  return a.name < b.name ? -1 : 1;
}

function oneLine(message: string): string {
  const [reason = ''] = message.split(STACK, 1);
  return reason.replaceAll(/\s*\n\s*/g, ' ');
}
