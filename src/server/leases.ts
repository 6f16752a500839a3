/** Resources that are held together and released together. */
export interface Leases {
  /** Releases the resource immediately where the others have been released. */
  add(release: () => void): void;
  /** Acquires a resource unless one of this name is held already. */
  acquireOnce(name: string, acquire: () => Promise<() => void>): Promise<void>;
  releaseAll(): void;
}

export function createLeases(): Leases {
  const releases: (() => void)[] = [];
  const acquired = new Set<string>();
  let isOver = false;
  return {
    add,
    async acquireOnce(name, acquire) {
      if (acquired.has(name)) return;
      add(await acquire());
      acquired.add(name);
    },
    releaseAll() {
      isOver = true;
      for (const release of releases.splice(0)) release();
    },
  };

  function add(release: () => void): void {
    // The request may have been answered while it waited for the resource.
    if (isOver) release();
    else releases.push(release);
  }
}
