import type { ObjectCache } from './object-cache.js';
import type { ObjectStore } from './object-store.js';

/**
 * Reads objects of a store through a cache. The store is asked for each read whether the object is there, so that
 * one that another process has removed is not found here either.
 */
export function createCachedObjects(store: ObjectStore, cache: ObjectCache): ObjectStore {
  return {
    ...store,
    async read(key, most) {
      const found = await store.stat(key);
      const { sha256 } = found ?? {};
      if (found === undefined || sha256 === undefined || found.bytes > most) {
        return store.read(key, most);
      }
      const content = await cache.read(sha256, async () => (await store.read(key, most))?.content);
      return content && { ...found, content };
    },
    within: (name) => createCachedObjects(store.within(name), cache),
  };
}
