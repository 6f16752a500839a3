import path from 'node:path';
import { InputError } from '../../../src/errors.js';
import type { ElementValues, StoredElement } from '../../../src/formats/npy-elements.js';
import {
  findDataset,
  groupsBelow,
  holdsNumbers,
  readNumbers,
  textAttribute,
} from '../hdf5/find.js';
import type { Hdf5Dataset, Hdf5Group } from '../hdf5/nodes.js';
import type { Hdf5File } from '../hdf5/open-hdf5.js';
import type { ImageSource } from '../lab-file.js';
import { type Findings, findEach } from '../left-out.js';

/** Images, with the name of each where the file has names. */
export interface NwbImages extends ImageSource {
  /** In their order. */
  readonly names: readonly string[] | undefined;
  /** Whether an index means one of them; otherwise a name does. */
  readonly isOrdered: boolean;
}

/** Types that hold frames in `data`, one after the other. */
export const FRAME_SERIES = new Set(['ImageSeries', 'OpticalSeries']);

/** Finds all images under /stimulus: containers of single images, and series of frames. */
export async function findImages(file: Hdf5File): Promise<Findings<NwbImages>> {
  const groups = groupsBelow(file, '/stimulus').filter((group) => {
    const type = textAttribute(group, 'neurodata_type') ?? '';
    return type === 'Images' || FRAME_SERIES.has(type);
  });
  return await findEach(groups, async (group) => {
    const isContainer = textAttribute(group, 'neurodata_type') === 'Images';
    return isContainer ? await openContainer(file, group) : await openSeries(file, group);
  });
}

/** The size of an image, (height, width) with 1, 3 or 4 channels at the end; alpha is not read. */
function sizeOf(name: string, shape: readonly number[]) {
  const [height = 0, width = 0, stored = 1] = shape;
  if (shape.length >= 2 && shape.length <= 3 && height > 0 && width > 0) {
    if (stored === 1) return { height, width, channels: 1, stored } as const;
    if (stored === 3 || stored === 4) return { height, width, channels: 3, stored } as const;
  }
  throw new InputError(
    `${name} has images of the shape (${shape.join(', ')}); expected (height, width), with 3 or 4 channels at the ` +
      'end where they are in colour',
  );
}

async function openContainer(file: Hdf5File, { path: name }: Hdf5Group): Promise<NwbImages> {
  const { images, isOrdered } = await inOrder(file, name);
  const [first] = images;
  if (!first) throw new InputError(`${name} is empty; expected images`);
  for (const { path: own, shape, element } of images) {
    if (element === first.element && shape.join() === first.shape.join()) continue;
    throw new InputError(
      `the images of ${name} differ: ${own} is (${shape.join(', ')}) of ${element}, ${first.path} ` +
        `(${first.shape.join(', ')}) of ${first.element}; expected one size and type`,
    );
  }
  const { height, width, channels, stored } = sizeOf(name, first.shape);
  return {
    ...{ name, count: images.length, height, width, channels },
    element: elementOf(first),
    degreesPerPixel: null,
    names: images.map((image) => path.posix.basename(image.path)),
    isOrdered,
    async read(from, count) {
      const chosen = images.slice(from, from + count);
      const all = await Promise.all(chosen.map((image) => readNumbers(file, image)));
      return withoutAlpha(concatenate(all), stored);
    },
  };
}

/** An index means a place in `order_of_images`; names say nothing of the order. */
async function inOrder(file: Hdf5File, name: string) {
  const order = findDataset(file, `${name}/order_of_images`);
  if (!order) {
    const own = file.children(name).flatMap((each) => findDataset(file, each) ?? []);
    return { images: own, isOrdered: own.length === 1 };
  }
  const images = (await file.references(order)).map((target, index) => {
    const image = target === null ? undefined : findDataset(file, target);
    if (image) return image;
    throw new InputError(`${order.path} names no image at ${index}; expected references to images`);
  });
  return { images, isOrdered: true };
}

/** Of images without an order, that an index is to choose. */
export function unordered({ name, count }: NwbImages): InputError {
  return new InputError(
    `the order of the ${count} images of ${name} is unknown; expected order_of_images, or a column of their names in a ` +
      'table in /intervals',
  );
}

async function openSeries(file: Hdf5File, { path: name }: Hdf5Group): Promise<NwbImages> {
  const external = findDataset(file, `${name}/external_file`);
  if (external && external.shape[0] !== 0) {
    const [other] = await file.strings(external);
    throw new InputError(
      `${name} has its frames in another file: ${other}; expected them in the NWB file itself`,
    );
  }
  const data = findDataset(file, `${name}/data`);
  if (!data) throw new InputError(`${name} has no data; expected frames`);
  const [count = 0, ...shape] = data.shape;
  const { height, width, channels, stored } = sizeOf(name, shape);
  if (count === 0) throw new InputError(`${name} is empty; expected frames`);
  return {
    ...{ name, count, height, width, channels },
    element: elementOf(data),
    degreesPerPixel: await degreesPerPixel(file, name, width),
    together: data.chunks?.[0],
    names: undefined,
    isOrdered: true,
    async read(from, length) {
      const start = [from, ...shape.map(() => 0)];
      const values = await file.numbers(data, { start, count: [length, ...shape] });
      return withoutAlpha(values, stored);
    },
  };
}

/** @throws InputError where the pixels are no numbers */
function elementOf(dataset: Hdf5Dataset): StoredElement {
  if (holdsNumbers(dataset)) return dataset.element as StoredElement;
  throw new InputError(`${dataset.path} does not hold numbers; expected pixels`);
}

/** An OpticalSeries may state the width that is seen and the distance to it, both in metres. */
async function degreesPerPixel(file: Hdf5File, series: string, width: number) {
  const distance = findDataset(file, `${series}/distance`);
  const field = findDataset(file, `${series}/field_of_view`);
  if (!distance || !field) return null;
  const [away = 0] = await readNumbers(file, distance);
  const [wide = 0] = await readNumbers(file, field);
  if (!(away > 0 && wide > 0)) return null;
  return (2 * Math.atan(wide / (2 * away)) * 180) / Math.PI / width;
}

function concatenate(parts: readonly ElementValues[]): ElementValues {
  const [first] = parts;
  if (!first || parts.length === 1) return first ?? new Uint8Array(0);
  const all = new (first.constructor as new (length: number) => ElementValues)(
    first.length * parts.length,
  );
  for (const [i, part] of parts.entries()) all.set(part, i * first.length);
  return all;
}

/** @param stored channels of `values` */
function withoutAlpha(values: ElementValues, stored: number): ElementValues {
  return stored === 4 ? values.filter((_, i) => i % 4 !== 3) : values;
}
