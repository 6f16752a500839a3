import { Gauge, type Registry } from 'prom-client';
import type { JobState } from '../../jobs/record.js';

/** @param counts jobs by state, read at every scrape */
export function createJobMetrics(
  registry: Registry,
  counts: () => Promise<Readonly<Partial<Record<JobState, number>>>>,
): void {
  new Gauge({
    name: 'hypercolumn_jobs',
    help: 'Stored jobs by their state',
    labelNames: ['state'],
    registers: [registry],
    async collect() {
      for (const [state, count] of Object.entries(await counts())) this.set({ state }, count);
    },
  });
}
