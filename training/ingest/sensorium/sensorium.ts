import { InputError } from '../../../src/errors.js';
import { elementCount } from '../../../src/formats/npy.js';
import type { ElementValues } from '../../../src/formats/npy-elements.js';
import { type FileTree, openFileTree } from '../arrays/file-tree.js';
import { createRowReader, type NamedArray } from '../arrays/named-array.js';
import { openNpy, openNpyArray } from '../arrays/npy-array.js';
import type { LabFormat } from '../formats.js';
import type { ImageSource, LabFile, TableSource, Tier } from '../lab-file.js';
import { naming } from '../read-file.js';
import { readTrialList, type TrialList } from './trial-list.js';

const IMAGE = /^(.*\/)?data\/images\/(\d+)\.npy$/;
const VIDEO = /(^|\/)data\/videos\/\d+\.npy$/;

/** The folder, or the zip archive, of a mouse of the Sensorium competition of 2022. */
export const SENSORIUM: LabFormat = {
  name: 'a folder, or a zip file, of Sensorium 2022',
  async matches(place) {
    const tree = await openFileTree(place).catch(() => undefined);
    await tree?.close();
    return tree?.names.some((name) => IMAGE.test(name) || VIDEO.test(name)) ?? false;
  },
  async open(place) {
    return await naming(place, async () => {
      const tree = (await openFileTree(place))!;
      try {
        return await readSensorium(tree);
      } catch (error) {
        await tree.close();
        throw error;
      }
    });
  },
};

async function readSensorium(tree: FileTree): Promise<LabFile> {
  if (tree.names.some((name) => VIDEO.test(name))) {
    throw new InputError(
      'it holds videos, as Sensorium 2023 does, which are not read; expected images, as in Sensorium 2022',
    );
  }
  const roots = [...new Set(tree.names.flatMap((name) => IMAGE.exec(name)?.slice(1, 2) ?? []))];
  if (roots.length > 1) {
    throw new InputError(
      `it holds ${roots.length} recordings: ${roots.join(', ')}; expected one: give its own folder`,
    );
  }
  const root = roots[0] ?? '';
  const trials = await readTrialList(tree, root);
  const open = async (kind: 'images' | 'responses', trial: number) => {
    const name = `${root}data/${kind}/${trial}.npy`;
    return await openNpyArray(name, await tree.bytes(name));
  };
  const first = await open('responses', trials.numbers[0]!);
  const neurons = elementCount(first.shape);
  const responsesOf = async (trial: number) => {
    const array = await open('responses', trial);
    if (elementCount(array.shape) !== neurons) {
      throw new InputError(
        `${array.name} has ${elementCount(array.shape)} responses; expected ${neurons}, as ${first.name} has`,
      );
    }
    return await array.read(0, neurons);
  };
  const { kept, withheld } = await leaveOutWithheld(trials, responsesOf);
  // The image with each number, in the order in which they were first presented.
  const imageOf = new Map<string, number>();
  const files: number[] = [];
  for (const { number, image } of kept) {
    if (imageOf.has(image)) continue;
    imageOf.set(image, files.length);
    files.push(number);
  }
  return {
    format: 'Sensorium 2022',
    images: [await imageSource(files, (trial) => open('images', trial))],
    presentations: [
      {
        name: 'trials',
        count: kept.length,
        images: 'images',
        read: async () => ({
          image: Int32Array.from(kept, ({ image }) => imageOf.get(image)!),
          onset: undefined,
          tier: kept.map(({ tier }) => tier),
        }),
      },
    ],
    responses: [
      {
        ...{ kind: 'table', name: 'responses', rowsAre: 'trials', rows: kept.length, neurons },
        ...(await readNeurons(tree, root, neurons)),
        unit: 'as recorded',
        async read(from, count) {
          const values = new Float32Array(count * neurons);
          for (let i = 0; i < count; i++) {
            values.set(await responsesOf(kept[from + i]!.number), i * neurons);
          }
          return values;
        },
      },
    ],
    notes: notesOf(tree, root, trials, withheld),
    close: tree.close,
  };
}

interface Trial {
  readonly number: number;
  readonly tier: Tier;
  readonly image: string;
}

/** The competition has zeros in place of all responses of a part of the test trials, which has a tier of its own. */
async function leaveOutWithheld(
  { numbers, tiers, tierNames, images }: TrialList,
  responsesOf: (trial: number) => Promise<ElementValues>,
): Promise<{ kept: Trial[]; withheld: number }> {
  const given = new Set<string>();
  for (const [i, name] of tierNames.entries()) {
    if (given.has(name)) continue;
    const isGiven =
      tiers[i] !== 'test' || (await responsesOf(numbers[i]!)).some((value) => value !== 0);
    if (isGiven) given.add(name);
  }
  const kept = numbers.flatMap((number, i) =>
    given.has(tierNames[i]!) ? [{ number, tier: tiers[i]!, image: images[i]! }] : [],
  );
  if (kept.length > 0) return { kept, withheld: numbers.length - kept.length };
  throw new InputError('the responses of all trials are withheld; expected some');
}

/** @param files the trials whose images they are */
async function imageSource(
  files: readonly number[],
  open: (trial: number) => Promise<NamedArray>,
): Promise<ImageSource> {
  const first = await open(files[0]!);
  const [channels, height = 0, width = 0, more] = first.shape;
  if ((channels !== 1 && channels !== 3) || width === 0 || more !== undefined) {
    throw new InputError(
      `${first.name} has the shape (${first.shape.join(', ')}); expected (channels, height, width), with 1 or 3 channels`,
    );
  }
  const size = elementCount(first.shape);
  return {
    ...{ name: 'images', count: files.length, height, width, channels, element: first.element },
    degreesPerPixel: null,
    async read(from, count) {
      let all: ElementValues | undefined;
      for (let i = 0; i < count; i++) {
        const array = await open(files[from + i]!);
        if (String(array.shape) !== String(first.shape) || array.element !== first.element) {
          throw new InputError(
            `${array.name} has the shape (${array.shape.join(', ')}) and the type ${array.element}; ` +
              `expected (${first.shape.join(', ')}) and ${first.element}, as ${first.name} has`,
          );
        }
        // A row of an image is its rows: channels, which come first, become the last axis.
        const rows = await createRowReader(array, [1, 2, 0])(0, height);
        all ??= new (rows.constructor as new (length: number) => ElementValues)(count * size);
        all.set(rows, i * size);
      }
      return all ?? new Float32Array(0);
    },
  };
}

/** Reads what is in `meta/neurons`: a number or a text of each neuron. */
async function readNeurons(
  tree: FileTree,
  root: string,
  neurons: number,
): Promise<Pick<TableSource, 'ids' | 'columns'>> {
  const folder = `${root}meta/neurons/`;
  const columns = new Map<string, readonly (string | number)[]>();
  for (const name of tree.names) {
    if (!name.startsWith(folder) || !name.endsWith('.npy')) continue;
    const found = await openNpy(name.slice(folder.length, -'.npy'.length), await tree.bytes(name));
    if ('texts' in found && found.texts.values.length === neurons) {
      columns.set(found.texts.name, found.texts.values);
    } else if ('array' in found && String(found.array.shape) === String(neurons)) {
      columns.set(found.array.name, [...(await found.array.read(0, neurons))]);
    }
  }
  const ids = columns.get('unit_ids')?.map(String);
  const isUnique = ids !== undefined && new Set(ids).size === neurons;
  return { columns, ids: isUnique ? ids : Array.from({ length: neurons }, (_, i) => String(i)) };
}

function notesOf(tree: FileTree, root: string, { leftOut }: TrialList, withheld: number): string[] {
  const notes: string[] = [];
  if (withheld > 0) {
    notes.push(
      `Test trials are left out, because the competition has zeros in place of their responses: ${withheld}.`,
    );
  }
  for (const [tier, count] of leftOut) {
    notes.push(`Trials of the tier '${tier}' are left out: ${count}.`);
  }
  const unread = ['behavior', 'pupil_center'].filter((kind) =>
    tree.names.some((name) => name.startsWith(`${root}data/${kind}/`)),
  );
  if (unread.length > 0) notes.push(`What is in ${unread.join(' and ')} is not read.`);
  return notes;
}
