import { randomUUID } from 'node:crypto';
import { type Dataset, File, type Group, ready } from 'h5wasm/node';
import type { ImageStack, Results } from '../export/results.js';
import type { Column, Table } from '../export/tables.js';

// The layout is that of the NWB format 2.8.0 (https://nwb-schema.readthedocs.io).

const VERSION = '2.8.0';
const CORE = 'core';
const COMMON = 'hdmf-common';

/** What a file says of itself. */
export interface NwbHeader {
  readonly description: string;
  /** When the session began, as `Date.toISOString` gives it. */
  readonly start: string;
}

/**
 * Writes results as an NWB file: tables as DynamicTable and images as Images, in the processing module `hypercolumn`.
 * @param place must not exist
 */
export async function writeNwb(
  place: string,
  { description, start }: NwbHeader,
  { tables, stacks }: Results,
): Promise<void> {
  await ready;
  const file = new File(place, 'w');
  try {
    describe(file, 'NWBFile', CORE);
    file.create_attribute('nwb_version', VERSION);
    for (const [name, data] of Object.entries({
      identifier: randomUUID(),
      session_description: description,
      session_start_time: start,
      timestamps_reference_time: start,
    })) {
      file.create_dataset({ name, data });
    }
    file.create_dataset({ name: 'file_create_date', data: [start] });
    for (const name of ['general', 'acquisition', 'analysis']) file.create_group(name);
    const stimulus = file.create_group('stimulus');
    for (const name of ['presentation', 'templates']) stimulus.create_group(name);
    const module = file.create_group('processing').create_group('hypercolumn');
    describe(module, 'ProcessingModule', CORE, 'responses and tuning of digital twins of neurons');
    for (const table of tables) addTable(module, table);
    for (const stack of stacks) addImages(module, stack);
  } finally {
    file.close();
  }
}

function addTable(module: Group, { name, description, rows, columns }: Table): void {
  const table = module.create_group(name);
  describe(table, 'DynamicTable', COMMON, description);
  table.create_attribute('colnames', columns.map(nameOf));
  const id = addDataset(table, {
    name: 'id',
    data: Int32Array.from({ length: rows }, (_, i) => i),
  });
  describe(id, 'ElementIdentifiers', COMMON);
  for (const column of columns) {
    const { values, parts, description: about } = column;
    const data = addDataset(table, {
      name: nameOf(column),
      data: isText(values) ? [...values] : values,
      ...(parts && { shape: [rows, parts.length] }),
    });
    describe(data, 'VectorData', COMMON, about);
  }
}

function addImages(module: Group, { name, description, images }: ImageStack): void {
  const group = module.create_group(name);
  describe(group, 'Images', CORE, description);
  for (const { name: title, description: about, height, width, pixels } of images) {
    const image = addDataset(group, { name: title, data: pixels, shape: [height, width] });
    describe(image, 'GrayscaleImage', CORE, about);
  }
}

function addDataset(group: Group, dataset: Parameters<Group['create_dataset']>[0]): Dataset {
  // The library reports what it cannot write on stderr only.
  if (group.get(dataset.name) !== null) throw new Error(`${dataset.name} is there twice`);
  group.create_dataset(dataset);
  return group.get(dataset.name) as Dataset;
}

/** The attributes by which readers of NWB know what an object is. */
function describe(
  object: Group | Dataset,
  type: string,
  namespace: string,
  description?: string,
): void {
  object.create_attribute('neurodata_type', type);
  object.create_attribute('namespace', namespace);
  object.create_attribute('object_id', randomUUID());
  if (description !== undefined) object.create_attribute('description', description);
}

function isText(values: Column['values']): values is readonly string[] {
  return Array.isArray(values);
}

/** A table of NWB has an `id` of its own, and a slash in a name would begin a group. */
function nameOf({ name }: Column): string {
  return name === 'id' ? 'neuron' : name.replaceAll('/', ' per ');
}
