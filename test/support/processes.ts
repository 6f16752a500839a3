import { readdirSync, readFileSync } from 'node:fs';

/** Ids of the processes that this one, or `owner`, started and whose command line names `module`. */
export function processesOf(module: string, owner = process.pid): number[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map(Number)
    .filter((id) => {
      try {
        const status = readFileSync(`/proc/${id}/stat`, 'utf8');
        const parent = Number(status.slice(status.lastIndexOf(')')).split(' ')[2]);
        return parent === owner && readFileSync(`/proc/${id}/cmdline`, 'utf8').includes(module);
      } catch {
        return false; // The process has ended.
      }
    });
}

/** Whether a process runs, also one whose parent has ended. */
export function isRunning(id: number): boolean {
  try {
    const status = readFileSync(`/proc/${id}/stat`, 'utf8');
    return status.slice(status.lastIndexOf(')')).split(' ')[1] !== 'Z';
  } catch {
    return false; // The process has ended.
  }
}

/** Ids of the processes that a process started. */
export function childrenOf(id: number): number[] {
  return readFileSync(`/proc/${id}/task/${id}/children`, 'utf8')
    .split(' ')
    .filter((child) => child !== '')
    .map(Number);
}

/** Memory of a process that is in RAM, in bytes. */
export function residentBytes(id: number): number {
  const status = readFileSync(`/proc/${id}/status`, 'utf8');
  return Number(/VmRSS:\s+(\d+) kB/.exec(status)?.[1]) * 1024;
}
