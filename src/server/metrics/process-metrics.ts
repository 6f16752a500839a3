import { readFileSync } from 'node:fs';
import { collectDefaultMetrics, Gauge, type Registry } from 'prom-client';

const PREFIX = 'hypercolumn_';

/** Gauges with the name of a counter; each duplicates one without the ending `_total`. */
const MISNAMED = ['handles', 'requests', 'resources'].map(
  (name) => `${PREFIX}nodejs_active_${name}_total`,
);

/**
 * Registers the resources of this process, and of the inference process where there may be one: memory, CPU
 * time, file descriptors, garbage collection, delay of the event loop.
 * @param enginePid of the inference process, undefined while there is none
 */
export function registerProcessMetrics(
  registry: Registry,
  enginePid?: () => number | undefined,
): void {
  collectDefaultMetrics({ register: registry, prefix: PREFIX });
  for (const name of MISNAMED) registry.removeSingleMetric(name);
  if (enginePid === undefined || process.platform !== 'linux') return;
  new Gauge({
    name: `${PREFIX}engine_resident_memory_bytes`,
    help: 'Memory of the inference process; 0 while none runs',
    registers: [registry],
    collect() {
      this.set(residentMemory(enginePid()));
    },
  });
}

/** Bytes of memory, from Linux's /proc. */
function residentMemory(pid: number | undefined): number {
  if (pid === undefined) return 0;
  try {
    const kibibytes = /^VmRSS:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1];
    return Number(kibibytes ?? 0) * 1024;
  } catch {
    return 0; // The process has just ended.
  }
}
