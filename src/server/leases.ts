/** Resources that are held together and released together. */
export interface Leases {
  add(release: () => void): void;
  /** Acquires a resource unless one of this name is held already. */
  acquireOnce(name: string, acquire: () => Promise<() => void>): Promise<void>;
  releaseAll(): void;
}

export function createLeases(): Leases {
  const releases: (() => void)[] = [];
  const acquired = new Set<string>();
  return {
    add: (release) => void releases.push(release),
    async acquireOnce(name, acquire) {
      if (acquired.has(name)) return;
      releases.push(await acquire());
      acquired.add(name);
    },
    releaseAll() {
      for (const release of releases.splice(0)) release();
    },
  };
}
