import { PARTS } from '../../src/datasets/card.js';
import { InputError } from '../../src/errors.js';
import type { SplitSource, Tier } from './lab-file.js';

/** Names of vectors that say which part of the split a trial, or an image, is in. */
const SPLIT_NAME = /valid|(^|[^a-z])val($|[^a-z])|test|train|tier|split|held.?out|partition/i;
const WORDS: Readonly<Record<string, Tier>> = {
  ...{ train: 'train', training: 'train', fit: 'train' },
  ...{ val: 'validation', valid: 'validation', validation: 'validation', heldout: 'validation' },
  ...{ test: 'test', testing: 'test' },
};

/** Whether a name, without its folder, is that of a split. */
export function isSplitName(name: string): boolean {
  return SPLIT_NAME.test(ownName(name));
}

/** Without the folder, group or struct. */
function ownName(name: string): string {
  return name.slice(1 + Math.max(name.lastIndexOf('/'), name.lastIndexOf('.')));
}

/**
 * A vector that a person may choose as the split: words such as `train`, `val` and `test`; 0 and 1, where 1 is what the
 * name says (validation, unless it is of training or test); or 0, 1 and 2 as in `split.npy` of a dataset.
 * @param read gives its values
 */
export function splitSource(
  name: string,
  count: number,
  read: () => Promise<ArrayLike<string | number | boolean>>,
): SplitSource {
  return {
    name,
    count,
    async read() {
      const values = Array.from(await read(), (value) =>
        typeof value === 'string' ? value.trim().toLowerCase() : Number(value),
      );
      const most = values.reduce((a: number, value) => Math.max(a, Number(value)), 0);
      return values.map((value, place) => {
        const tier = typeof value === 'string' ? WORDS[value] : tierOf(ownName(name), value, most);
        if (tier !== undefined) return tier;
        throw new InputError(
          `--split ${name} has '${value}' at ${place}; expected train, validation or test, or 0 and 1, or 0, 1 and 2`,
        );
      });
    },
  };
}

/**
 * The part of each trial.
 * @param image of each trial, its index; -1 for a blank screen
 * @param images how many there are
 * @throws InputError where the split has a value neither for each trial nor for each image
 */
export async function tiersOf(
  split: SplitSource,
  image: Int32Array,
  images: number,
): Promise<readonly Tier[]> {
  if (!fitsSplit(split, image, images)) {
    throw new InputError(
      `--split ${split.name} has ${split.count} values; expected ${image.length}, one for each trial, or ${images}, ` +
        'one for each image',
    );
  }
  const tiers = await split.read();
  return split.count === image.length
    ? tiers
    : Array.from(image, (index) => tiers[index] ?? 'train');
}

/** Notes on what looks like a split, where none is used. */
export function unusedSplitNotes(
  splits: readonly SplitSource[],
  image: Int32Array,
  images: number,
): string[] {
  return splits
    .filter((split) => isSplitName(split.name) && fitsSplit(split, image, images))
    .map(({ name }) => `${name} looks like a split, and is not used: --split ${name} takes it.`);
}

function fitsSplit({ count }: SplitSource, image: Int32Array, images: number): boolean {
  return count === image.length || count === images;
}

function tierOf(name: string, value: number, most: number): Tier | undefined {
  if (!Number.isInteger(value) || value < 0) return undefined;
  if (most === 2) return PARTS[value];
  const isOne = value === 1;
  if (!isOne && value !== 0) return undefined;
  if (/train/i.test(name)) return isOne ? 'train' : 'validation';
  if (!isOne) return 'train';
  return /test/i.test(name) && !/val/i.test(name) ? 'test' : 'validation';
}
