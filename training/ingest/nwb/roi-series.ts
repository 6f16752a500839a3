import { InputError } from '../../../src/errors.js';
import {
  findDataset,
  groupsBelow,
  holdsNumbers,
  numberAttribute,
  readNumbers,
  textAttribute,
} from '../hdf5/find.js';
import type { Hdf5File } from '../hdf5/open-hdf5.js';
import { createRowReader } from '../hdf5/read-rows.js';
import type { TraceSource } from '../lab-file.js';
import { type Findings, findEach } from '../left-out.js';
import { type Cell, plainColumns, readColumn, readIds } from './dynamic-table.js';
import { readTimes, rejectUntimed } from './times.js';

/** Finds all traces of calcium imaging. */
export async function findTraces(file: Hdf5File): Promise<Findings<TraceSource>> {
  const series = groupsBelow(file, '').filter(
    (group) => textAttribute(group, 'neurodata_type') === 'RoiResponseSeries',
  );
  return await findEach(series, ({ path }) => openTraces(file, path));
}

async function openTraces(file: Hdf5File, name: string): Promise<TraceSource> {
  const data = findDataset(file, `${name}/data`);
  if (!data || !holdsNumbers(data) || data.shape.length > 2) {
    throw new InputError(`${name} has no data; expected numbers, (samples, regions)`);
  }
  const [samples = 0, neurons = 1] = data.shape;
  const regions = await readRegions(file, name, neurons);
  rejectUntimed(file, name, samples);
  const conversion = numberAttribute(data, 'conversion') ?? 1;
  const offset = numberAttribute(data, 'offset') ?? 0;
  return {
    ...{ kind: 'traces', name, samples, neurons, ...regions },
    unit: textAttribute(data, 'unit') ?? 'unknown',
    times: () => readTimes(file, name, samples),
    read: createRowReader(file, data, (value) => value * conversion + offset),
  };
}

/** The rows of the segmentation that the columns of a series are: their ids, and what is known of each. */
async function readRegions(file: Hdf5File, name: string, neurons: number) {
  const rois = findDataset(file, `${name}/rois`);
  const table = rois?.attributes['table'];
  if (!rois || typeof table !== 'string') {
    throw new InputError(`${name} names no regions; expected rois of a PlaneSegmentation`);
  }
  const rows = await readNumbers(file, rois);
  if (rows.length !== neurons) {
    throw new InputError(
      `${name} has ${neurons} columns and ${rows.length} rois; expected as many: data of (samples, regions)`,
    );
  }
  const all = await readIds(file, table);
  const beyond = rows.find((row) => row >= all.length || row < 0);
  if (beyond !== undefined) {
    throw new InputError(
      `${rois.path} has row ${beyond}; expected 0 to ${all.length - 1} of ${table}`,
    );
  }
  const columns = new Map<string, readonly Cell[]>();
  for (const [column, dataset] of plainColumns(file, table)) {
    const values = await readColumn(file, dataset);
    columns.set(
      column,
      Array.from(rows, (row) => values[row]!),
    );
  }
  return { ids: Array.from(rows, (row) => all[row]!), columns };
}
