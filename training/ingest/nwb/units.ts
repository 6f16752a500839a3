import { InputError } from '../../../src/errors.js';
import { groupsBelow, textAttribute } from '../hdf5/find.js';
import type { Hdf5File } from '../hdf5/open-hdf5.js';
import type { SpikeSource } from '../lab-file.js';
import { type Findings, findEach } from '../left-out.js';
import { type Cell, openRagged, plainColumns, readColumn, readIds } from './dynamic-table.js';

/** Finds all tables of sorted units. */
export async function findUnits(file: Hdf5File): Promise<Findings<SpikeSource>> {
  const tables = groupsBelow(file, '').filter(
    (group) => textAttribute(group, 'neurodata_type') === 'Units',
  );
  return await findEach(tables, ({ path }) => openUnits(file, path));
}

async function openUnits(file: Hdf5File, name: string): Promise<SpikeSource> {
  const ids = await readIds(file, name);
  const times = await openRagged(file, name, 'spike_times', ids.length);
  if (!times || ids.length === 0) {
    throw new InputError(
      `${name} has no spikes; expected spike_times and spike_times_index of some units`,
    );
  }
  const intervals = await openRagged(file, name, 'obs_intervals', ids.length);
  const columns = new Map<string, readonly Cell[]>();
  for (const [column, dataset] of plainColumns(file, name)) {
    columns.set(column, await readColumn(file, dataset));
  }
  return {
    ...{ kind: 'spikes', name, neurons: ids.length, ids, unit: 'spikes', columns },
    async spikes(neuron) {
      const [first, end] = times.range(neuron);
      const slab = { start: [first], count: [end - first] };
      const spikes = Float64Array.from(await file.numbers(times.data, slab));
      // tables that several programs wrote may have them in any order
      return spikes.every((time, i) => i === 0 || spikes[i - 1]! <= time) ? spikes : spikes.sort();
    },
    async observed(neuron) {
      if (!intervals) return undefined;
      const [first, end] = intervals.range(neuron);
      const slab = { start: [first, 0], count: [end - first, 2] };
      const bounds = await file.numbers(intervals.data, slab);
      return Array.from(
        { length: end - first },
        (_, i) => [bounds[2 * i]!, bounds[2 * i + 1]!] as const,
      );
    },
  };
}
