import { setTimeout as pause } from 'node:timers/promises';
import { median } from '../figures.js';
import { ownResidentBytes, residentBytes } from '../running-service.js';
import type { Row } from '../table.js';
import { plainRow } from './report.js';

/** Bytes of memory of a service, at some time. */
interface Look {
  readonly own: number;
  /** With the processes that it started. */
  readonly all: number;
}

/** Milliseconds from one look to the next. */
const PERIOD = 5000;
/** The looks at each end whose median is reported: those of a minute. */
const ENDS = 12;

/** Looks at the memory of a service until it is stopped. @returns what it saw */
export function watchMemory(pid: number): { stop(): Promise<readonly Look[]> } {
  const looks: Look[] = [];
  const stopping = new AbortController();
  const over = watch();
  return {
    async stop() {
      stopping.abort();
      await over;
      return looks;
    },
  };

  async function watch(): Promise<void> {
    while (!stopping.signal.aborted) {
      looks.push({ own: await ownResidentBytes(pid), all: await residentBytes(pid) });
      await pause(PERIOD, undefined, { signal: stopping.signal }).catch(() => {});
    }
  }
}

/** @param client bytes of memory of the client at its start and its end */
export function memoryRows(looks: readonly Look[], client: readonly [number, number]): Row[] {
  const ends = (part: keyof Look) =>
    [looks.slice(0, ENDS), looks.slice(-ENDS)].map((some) =>
      median(some.map((look) => look[part])),
    );
  return [
    plainRow('memory of the service, first and last minute', describe(ends('own'))),
    plainRow('with the processes of its engine and its jobs', describe(ends('all'))),
    plainRow('memory of the client, start and end', describe(client)),
  ];
}

function describe(bytes: readonly number[]): string {
  return bytes.map((each) => `${(each / 1e6).toFixed(0)} MB`).join(', ');
}
