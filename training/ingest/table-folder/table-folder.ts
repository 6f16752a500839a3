import { readdir, stat } from 'node:fs/promises';
import path from 'node:path';
import { InputError } from '../../../src/errors.js';
import type { LabFormat } from '../formats.js';
import { listFiles } from '../read-file.js';
import { listImages, openImageFiles } from './image-files.js';
import { isOtherTable, isTable, openTable } from './table.js';
import { readTableTrials } from './table-trials.js';

/** Names that a message lists. */
const LISTED = 5;

/** Image files, and a table of the responses to them. */
export const TABLE_FOLDER: LabFormat = {
  name: 'a folder of PNG, JPEG, WebP, TIFF or BMP images with a table (CSV or Parquet) that has a column image',
  async matches(place) {
    if ((await tablesIn(place, isTable)).length > 0) return true;
    if ((await tablesIn(place, isOtherTable)).length === 0) return false;
    const files = await listFiles(place);
    // Arrays of numpy may have a table and a picture next to them.
    return !files.some((file) => file.endsWith('.npy')) && (await listImages(place)).length > 0;
  },
  async open(place) {
    const named = await tablesIn(place, isTable);
    const [table, ...others] = named.length > 0 ? named : await tablesIn(place, isOtherTable);
    if (others.length > 0) {
      throw new InputError(
        `several tables are in ${place}: ${[table, ...others].join(', ')}; expected one: move the others`,
      );
    }
    const trials = await readTableTrials(await openTable(path.join(place, table!)));
    const present = await listImages(place);
    const fileOf = createLookup(present);
    const wanted = [...new Set(trials.images)];
    const missing = wanted.filter((name) => fileOf(name) === undefined);
    const otherFileOf = createLookup(await listFiles(place));
    const odd = missing.filter((name) => otherFileOf(name) !== undefined);
    if (odd.length > 0) {
      throw new InputError(
        `files of the table in ${place} are no images: ${list(odd)}; expected PNG, JPEG, WebP, TIFF or BMP`,
      );
    }
    if (missing.length > 0) {
      throw new InputError(
        `images of the table are not in ${place}: ${list(missing)}; expected a file for each`,
      );
    }
    const used = new Set(wanted.map((name) => fileOf(name)!));
    const files = present.filter((file) => used.has(file));
    const unused = present.filter((file) => !used.has(file));
    const indexOf = new Map(files.map((file, index) => [file, index]));
    const name = path.basename(path.resolve(place));
    const count = trials.images.length;
    const neurons = trials.neurons.length;
    return {
      format: `images with a table, ${table}`,
      images: [await openImageFiles(place, files, name)],
      presentations: [
        {
          name: table!,
          count,
          images: name,
          read: async () => ({
            image: Int32Array.from(trials.images, (image) => indexOf.get(fileOf(image)!)!),
            onset: undefined,
            tier: trials.tiers,
          }),
        },
      ],
      responses: [
        {
          kind: 'table',
          name: table!,
          rowsAre: 'trials',
          rows: count,
          neurons,
          ids: trials.neurons,
          unit: 'as recorded',
          columns: new Map(),
          read: async (first, rows) =>
            trials.values.slice(first * neurons, (first + rows) * neurons),
        },
      ],
      notes:
        unused.length === 0
          ? []
          : [`Images that the table does not name are left out: ${list(unused)}.`],
      close: async () => undefined,
    };
  },
};

async function tablesIn(
  place: string,
  isOne: (file: string) => Promise<boolean>,
): Promise<string[]> {
  const entries = await readdir(place, { withFileTypes: true }).catch(() => []);
  const tables: string[] = [];
  for (const entry of entries) {
    const file = path.join(place, entry.name);
    const found = await stat(file).catch(() => undefined);
    if (found?.isFile() && (await isOne(file))) tables.push(entry.name);
  }
  return tables.toSorted();
}

/** Finds a file by its path in the folder, or by its name alone where only one file has it. */
function createLookup(files: readonly string[]): (name: string) => string | undefined {
  const paths = new Set(files);
  const byName = new Map<string, string[]>();
  for (const file of files) {
    const base = path.posix.basename(file);
    byName.set(base, [...(byName.get(base) ?? []), file]);
  }
  return (name) => {
    const own = path.posix.normalize(name.replaceAll('\\', '/'));
    if (paths.has(own)) return own;
    const found = byName.get(own) ?? [];
    return found.length === 1 ? found[0] : undefined;
  };
}

function list(names: readonly string[]): string {
  const more = names.length - LISTED;
  return `${names.slice(0, LISTED).join(', ')}${more > 0 ? ` and ${more} more` : ''}`;
}
