import { readdir } from 'node:fs/promises';
import path from 'node:path';
import { InputError } from '../../src/errors.js';
import type { ElementValues } from '../../src/formats/npy-elements.js';
import { openRowFile, type RowFile } from '../data/row-file.js';
import type { LabFormat } from './formats.js';
import type { ImageSource, LabFile, PresentationSource, TableSource } from './lab-file.js';
import { openRepeatedRows } from './repeated-rows.js';

const FIRST = /^train_img_(.+)\.npy$/;

/** The layout of the published networks: `train_img_{site}.npy` and its three companions. */
export const FOUR_FILES: LabFormat = {
  name: 'a folder with train_img_{site}.npy, trainRsp_, val_img_ and valRsp_',
  async matches(place) {
    return (await sitesIn(place)).length > 0;
  },
  async open(place) {
    const opened: RowFile[] = [];
    const close = async () => {
      await Promise.all(opened.map((file) => file.close()));
    };
    const openAs = async (prefix: string, site: string) => {
      const file = await openRowFile(path.join(place, `${prefix}_${site}.npy`));
      opened.push(file);
      return file;
    };
    const images: ImageSource[] = [];
    const presentations: PresentationSource[] = [];
    const responses: TableSource[] = [];
    try {
      for (const site of await sitesIn(place)) {
        const pictures = [await openAs('train_img', site), await openAs('val_img', site)];
        const means = await openAs('valRsp', site);
        const validation = rowsOf(pictures[1]!);
        const repeated =
          rowsOf(means) === validation ? await openRepeatedRows(place, site, means) : undefined;
        if (repeated) opened.push(repeated);
        const tables = [await openAs('trainRsp', site), repeated ?? means];
        images.push(imagesOf(site, pictures));
        const train = rowsOf(pictures[0]!);
        const count = train + (repeated ? rowsOf(repeated) : validation);
        presentations.push({
          name: site,
          count,
          images: site,
          read: async () => ({
            // Repeats of the validation images, one after the other.
            image: Int32Array.from({ length: count }, (_, i) =>
              i < train ? i : train + ((i - train) % validation),
            ),
            onset: undefined,
            tier: Array.from({ length: count }, (_, i) => (i < train ? 'train' : 'validation')),
          }),
        });
        responses.push(responsesOf(site, tables));
      }
    } catch (error) {
      await close();
      throw error;
    }
    const file: LabFile = {
      format: 'four .npy files',
      images,
      presentations,
      responses,
      notes: [],
      close,
    };
    return file;
  },
};

async function sitesIn(place: string): Promise<string[]> {
  const names = await readdir(place).catch(() => []);
  return names.flatMap((name) => FIRST.exec(name)?.[1] ?? []).toSorted();
}

function rowsOf({ shape }: RowFile): number {
  return shape[0] ?? 0;
}

function imagesOf(site: string, files: readonly RowFile[]): ImageSource {
  const sizes = files.map(({ shape }) => imageShape(site, shape));
  const [first, second] = [sizes[0]!, sizes[1]!];
  if (
    first.height !== second.height ||
    first.width !== second.width ||
    first.channels !== second.channels
  ) {
    throw new InputError(
      `training and validation images of ${site} differ in size: ${first.height}x${first.width} and ` +
        `${second.height}x${second.width}; expected one size`,
    );
  }
  if (files[0]!.stored !== files[1]!.stored) {
    throw new InputError(
      `training and validation images of ${site} differ in type: ${files[0]!.stored} and ${files[1]!.stored}; ` +
        'expected one type',
    );
  }
  return {
    name: site,
    count: rowsOf(files[0]!) + rowsOf(files[1]!),
    ...first,
    element: files[0]!.stored,
    degreesPerPixel: null,
    read: (from, count) => readRows(files, from, count),
  };
}

/** (n, h, w), (n, h, w, 1), (n, h, w, 3) or (n, 1, h, w) */
function imageShape(site: string, shape: readonly number[]) {
  const [, second = 0, third = 0, fourth] = shape;
  if (shape.length === 3) return { height: second, width: third, channels: 1 } as const;
  if (fourth === 1 || fourth === 3)
    return { height: second, width: third, channels: fourth } as const;
  if (shape.length === 4 && second === 1)
    return { height: third, width: fourth!, channels: 1 } as const;
  throw new InputError(
    `the images of ${site} have the shape (${shape.join(', ')}); expected (images, height, width), ` +
      'with 1 or 3 channels at the end',
  );
}

function responsesOf(site: string, files: readonly RowFile[]): TableSource {
  const [first, second] = [files[0]!.shape, files[1]!.shape];
  const neurons = first[1] ?? 0;
  if (first.length !== 2 || second.length !== 2 || second[1] !== neurons) {
    throw new InputError(
      `the responses of ${site} have the shapes (${first.join(', ')}) and (${second.join(', ')}); expected ` +
        '(images, neurons), with the same neurons',
    );
  }
  return {
    kind: 'table',
    name: site,
    rowsAre: 'trials',
    rows: rowsOf(files[0]!) + rowsOf(files[1]!),
    neurons,
    ids: Array.from({ length: neurons }, (_, neuron) => String(neuron)),
    unit: 'as recorded',
    columns: new Map(),
    read: async (from, count) => Float32Array.from(await readRows(files, from, count)),
  };
}

/** Rows of two files, the second after the first. */
async function readRows(
  [first, second]: readonly RowFile[],
  from: number,
  count: number,
): Promise<ElementValues> {
  const end = rowsOf(first!);
  const inFirst = Math.max(0, Math.min(count, end - from));
  const rows = (start: number, length: number) => Array.from({ length }, (_, i) => start + i);
  if (inFirst === count) return first!.rows(rows(from, count));
  if (inFirst === 0) return second!.rows(rows(from - end, count));
  const head = await first!.rows(rows(from, inFirst));
  const tail = await second!.rows(rows(0, count - inFirst));
  const all = new (head.constructor as new (length: number) => ElementValues)(
    head.length + tail.length,
  );
  all.set(head);
  all.set(tail, head.length);
  return all;
}
