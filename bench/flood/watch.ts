import { fork } from 'node:child_process';
import { once } from 'node:events';
import { readFile, writeFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';

/** What the service did since the last reading. */
export interface Reading {
  /** Milliseconds of the slowest answer of /livez. */
  readonly slowest: number;
  /** Peak memory of the service's own process in bytes, without the engine. */
  readonly memory: number;
}

export interface Watch {
  /** The reading since the last; it waits until /livez answers. */
  read(): Promise<Reading>;
  close(): void;
}

/** Watches a service from a process of its own, so that what the sender does delays no reading. */
export function watchService(url: string, pid: number): Watch {
  const poller = fork(fileURLToPath(new URL('./poller.js', import.meta.url)), [url]);
  return {
    async read() {
      await (await fetch(`${url}/livez`)).text();
      poller.send('read');
      const [slowest] = await once(poller, 'message');
      const status = await readFile(`/proc/${pid}/status`, 'utf8');
      const memory = 1024 * Number(/VmHWM:\s+(\d+)/.exec(status)?.[1]);
      // Writing 5 resets the peak to the current value.
      await writeFile(`/proc/${pid}/clear_refs`, '5');
      return { slowest, memory };
    },
    close: () => poller.kill(),
  };
}
