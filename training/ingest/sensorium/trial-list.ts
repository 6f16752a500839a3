import { InputError } from '../../../src/errors.js';
import { elementCount } from '../../../src/formats/npy.js';
import type { FileTree } from '../arrays/file-tree.js';
import { openNpyArray, readNpyTexts } from '../arrays/npy-array.js';
import type { Tier } from '../lab-file.js';

/** The trials that have a tier, in their order. */
export interface TrialList {
  /** Each one's number, which is the name of its files. */
  readonly numbers: readonly number[];
  readonly tiers: readonly Tier[];
  /** The tiers as the recording names them, such as `final_test`. */
  readonly tierNames: readonly string[];
  /** Equal where the same image was presented. */
  readonly images: readonly string[];
  /** How many trials have another tier, by its name. */
  readonly leftOut: ReadonlyMap<string, number>;
}

/** The tiers of the competition; its last test has the same kind of images as the first one. */
const TIERS: ReadonlyMap<string, Tier> = new Map([
  ['train', 'train'],
  ['validation', 'validation'],
  ['test', 'test'],
  ['final_test', 'test'],
]);

/** Reads `meta/trials`. @throws InputError where the tiers are missing, or do not fit the images */
export async function readTrialList(tree: FileTree, root: string): Promise<TrialList> {
  const folder = `${root}meta/trials/`;
  const tiers = await readNpyTexts(await tree.bytes(`${folder}tiers.npy`));
  const imageFiles = tree.names.filter((name) => name.startsWith(`${root}data/images/`)).length;
  if (tiers.length !== imageFiles) {
    throw new InputError(
      `${folder}tiers.npy has ${tiers.length} trials, and data/images has ${imageFiles} files; expected as many`,
    );
  }
  const has = (name: string) => tree.names.includes(`${folder}${name}.npy`);
  const ids = has('frame_image_id') ? await readIds(tree, `${folder}frame_image_id.npy`) : [];
  const classes = has('frame_image_class')
    ? await readNpyTexts(await tree.bytes(`${folder}frame_image_class.npy`))
    : [];
  for (const [name, { length }] of Object.entries({
    frame_image_id: ids,
    frame_image_class: classes,
  })) {
    if (length !== 0 && length !== tiers.length) {
      throw new InputError(
        `${name}.npy has ${length} trials; expected ${tiers.length}, as tiers.npy has`,
      );
    }
  }
  const leftOut = new Map<string, number>();
  const trials = tiers.flatMap((text, number) => {
    const tier = TIERS.get(text);
    if (tier === undefined) {
      leftOut.set(text, (leftOut.get(text) ?? 0) + 1);
      return [];
    }
    // Without an identity of images each trial has an image of its own.
    const image = ids.length === 0 ? `trial ${number}` : `${classes[number] ?? ''} ${ids[number]}`;
    return [{ number, tier, tierName: text, image }];
  });
  if (trials.length === 0) {
    throw new InputError(
      `no trial has a tier that is known: ${[...leftOut.keys()].join(', ')}; expected ${[...TIERS.keys()].join(', ')}`,
    );
  }
  return {
    numbers: trials.map(({ number }) => number),
    tiers: trials.map(({ tier }) => tier),
    tierNames: trials.map(({ tierName }) => tierName),
    images: trials.map(({ image }) => image),
    leftOut,
  };
}

async function readIds(tree: FileTree, name: string): Promise<number[]> {
  const array = await openNpyArray(name, await tree.bytes(name));
  return [...(await array.read(0, elementCount(array.shape)))];
}
