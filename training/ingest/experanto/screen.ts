import { z } from 'zod';
import { InputError } from '../../../src/errors.js';
import { elementCount } from '../../../src/formats/npy.js';
import type { ElementValues } from '../../../src/formats/npy-elements.js';
import type { FileTree } from '../arrays/file-tree.js';
import { createRowReader } from '../arrays/named-array.js';
import { openNpyArray } from '../arrays/npy-array.js';
import type { ImageSource, PresentationSource, Tier } from '../lab-file.js';
import { readMeta, ScreenTrial } from './read-meta.js';

const TIERS: readonly string[] = ['train', 'validation', 'test'];

interface Shown {
  readonly onset: number;
  /** The name of the file; undefined for a blank screen. */
  readonly key: string | undefined;
  readonly tier: Tier | undefined;
}

/** Reads what the screen showed: images and blank screens. @param root ends with `screen/` */
export async function readScreen(tree: FileTree, root: string) {
  const timestamps = await readAll(tree, `${root}timestamps.npy`);
  const shown: Shown[] = [];
  const leftOut = new Map<string, number>();
  const leaveOut = (what: string) => leftOut.set(what, (leftOut.get(what) ?? 0) + 1);
  for (const [key, trial] of await readTrials(tree, root)) {
    const { modality, first_frame_idx: frame, tier } = trial;
    const onset = timestamps[frame];
    if (onset === undefined) {
      throw new InputError(
        `trial ${key} of the screen has the frame ${frame}; expected 0 to ${timestamps.length - 1}, as timestamps.npy has`,
      );
    }
    if (modality === 'blank') {
      shown.push({ onset, key: undefined, tier: 'train' });
    } else if (modality !== 'image') {
      leaveOut(`modality '${modality}'`);
    } else if (typeof tier === 'string' && !TIERS.includes(tier)) {
      leaveOut(`tier '${tier}'`);
    } else {
      if (trial.encoded) {
        throw new InputError(`the image of trial ${key} is encoded; expected it as .npy`);
      }
      shown.push({ onset, key, tier: (tier ?? undefined) as Tier | undefined });
    }
  }
  const keys = shown.flatMap(({ key }) => key ?? []);
  const notes = [...leftOut].map(
    ([what, count]) => `Trials of the ${what} are left out: ${count}.`,
  );
  if (keys.length === 0) {
    throw new InputError(`no images are on the screen; expected some. ${notes.join(' ')}`.trim());
  }
  const images = await imageSource(tree, root, keys);
  return { images, presentations: presentationSource(shown, keys), notes };
}

/** All elements of an array. */
export async function readAll(tree: FileTree, name: string): Promise<Float64Array> {
  const array = await openNpyArray(name, await tree.bytes(name));
  return Float64Array.from(await array.read(0, elementCount(array.shape)));
}

/** The trials in their order, by the names of their files. */
async function readTrials(tree: FileTree, root: string) {
  const combined = `${root}combined_meta.json`;
  if (tree.names.includes(combined)) {
    const trials = await readMeta(tree, combined, z.record(z.string(), ScreenTrial));
    return Object.entries(trials).toSorted(([, a], [, b]) => a.first_frame_idx - b.first_frame_idx);
  }
  const trials: (readonly [string, z.infer<typeof ScreenTrial>])[] = [];
  for (const name of tree.names) {
    const [, key] = /meta\/(\d{5})\.yml$/.exec(name) ?? [];
    if (key === undefined || !name.startsWith(`${root}meta/`)) continue;
    trials.push([key, await readMeta(tree, name, ScreenTrial)]);
  }
  return trials.toSorted(([, a], [, b]) => a.first_frame_idx - b.first_frame_idx);
}

function presentationSource(shown: readonly Shown[], keys: readonly string[]): PresentationSource {
  const places = new Map(keys.map((key, place) => [key, place]));
  const isDivided = shown.every(({ tier }) => tier !== undefined);
  return {
    name: 'screen',
    count: shown.length,
    images: 'screen',
    read: async () => ({
      image: Int32Array.from(shown, ({ key }) => (key === undefined ? -1 : places.get(key)!)),
      onset: Float64Array.from(shown, ({ onset }) => onset),
      tier: isDivided ? shown.map(({ tier }) => tier!) : undefined,
    }),
  };
}

async function imageSource(
  tree: FileTree,
  root: string,
  keys: readonly string[],
): Promise<ImageSource> {
  const open = async (key: string) => {
    const name = `${root}data/${key}.npy`;
    return await openNpyArray(name, await tree.bytes(name));
  };
  const first = await open(keys[0]!);
  // One frame may have an axis of its own.
  const isFrame = first.shape.length > 2 && first.shape[0] === 1;
  const [height = 0, width = 0, channels = 1, more] = isFrame ? first.shape.slice(1) : first.shape;
  if ((channels !== 1 && channels !== 3) || width === 0 || more !== undefined) {
    throw new InputError(
      `${first.name} has the shape (${first.shape.join(', ')}); expected (height, width), with 1 or 3 channels at the end`,
    );
  }
  const size = elementCount(first.shape);
  return {
    ...{ name: 'screen', count: keys.length, height, width, channels, element: first.element },
    degreesPerPixel: null,
    async read(from, count) {
      let all: ElementValues | undefined;
      for (let i = 0; i < count; i++) {
        const array = await open(keys[from + i]!);
        if (String(array.shape) !== String(first.shape) || array.element !== first.element) {
          throw new InputError(
            `${array.name} has the shape (${array.shape.join(', ')}) and the type ${array.element}; ` +
              `expected (${first.shape.join(', ')}) and ${first.element}, as ${first.name} has`,
          );
        }
        const axes = array.shape.map((_, axis) => axis);
        const pixels = await createRowReader(array, axes)(0, array.shape[0]!);
        all ??= new (pixels.constructor as new (length: number) => ElementValues)(count * size);
        all.set(pixels, i * size);
      }
      return all ?? new Float32Array(0);
    },
  };
}
