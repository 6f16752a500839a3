import type { Addon, NativeNeurons } from './addon.js';

/** The sizes of a population and its maps. */
export interface NeuronSizes {
  readonly neurons: number;
  /** Of a batch. */
  readonly images: number;
  /** Of the stimuli. */
  readonly height: number;
  readonly width: number;
  readonly seen: number;
  /** Of the maps. */
  readonly channels: number;
  readonly threads: number;
}

/** The memory of the addon for each chain of blocks of a population, which is kept from batch to batch. */
export interface HeldNeurons {
  /**
   * Memory for a batch; what was held for another population is released.
   * @param blocks kind and kernel of each
   */
  hold(sizes: NeuronSizes, blocks: readonly number[]): NativeNeurons;
  release(): void;
}

export function holdNeurons(addon: Addon): HeldNeurons {
  const held = new Map<string, { readonly native: NativeNeurons; readonly sizes: NeuronSizes }>();
  return {
    hold(sizes, blocks) {
      const chain = blocks.join(' ');
      const before = held.get(chain);
      if (before && isEnough(before.sizes, sizes)) return before.native;
      if (before) addon.release(before.native);
      held.delete(chain);
      const { neurons, images, height, width, seen, channels, threads } = sizes;
      const native = addon.create(
        [neurons, images, height, width, seen, channels, threads],
        blocks,
      );
      held.set(chain, { native, sizes });
      return native;
    },
    release() {
      for (const { native } of held.values()) addon.release(native);
      held.clear();
    },
  };
}

/** Memory for more images does for fewer. */
function isEnough(held: NeuronSizes, wanted: NeuronSizes): boolean {
  const names = Object.keys(wanted) as (keyof NeuronSizes)[];
  return names.every((name) =>
    name === 'images' ? held.images >= wanted.images : held[name] === wanted[name],
  );
}
