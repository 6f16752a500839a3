/** Resources that are held together and released together. */
export interface Leases {
  /** Releases the resource immediately where the others have been released. */
  add(release: () => void): void;
  /** Acquires a resource unless one of this name is held already. */
  acquireOnce(name: string, acquire: () => Promise<() => void>): Promise<void>;
  /** Releases a resource that was acquired under this name before the others are released. */
  release(name: string): void;
  releaseAll(): void;
}

export function createLeases(): Leases {
  const releases: (() => void)[] = [];
  const acquired = new Map<string, () => void>();
  let isOver = false;
  return {
    add,
    async acquireOnce(name, acquire) {
      if (acquired.has(name)) return;
      const release = once(await acquire());
      add(release);
      acquired.set(name, release);
    },
    release(name) {
      acquired.get(name)?.();
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

function once(release: () => void): () => void {
  let isReleased = false;
  return () => {
    if (!isReleased) release();
    isReleased = true;
  };
}
