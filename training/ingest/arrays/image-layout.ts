import type { ImageSource } from '../lab-file.js';
import type { NamedArray } from './named-array.js';

/** How the axes of an array are those of images. */
export interface ImageLayout {
  /** The axis of the images, of rows, of columns, and of channels. */
  readonly axes: readonly [number, number, number, number | null];
  readonly form: Pick<ImageSource, 'count' | 'height' | 'width' | 'channels'>;
  /** Where another reading of the shape is possible, or usual. */
  readonly note: string | undefined;
}

/** Sides of images in pixels; shorter axes are channels or repeats. */
export const MIN_SIDE = 4;

/** The axes of images, of rows, of columns and of channels, by the number of axes. */
const LAYOUTS = [
  { words: '(images, height, width)', imageAxis: 'first', axes: [0, 1, 2, null] },
  { words: '(height, width, images)', imageAxis: 'last', axes: [2, 0, 1, null] },
  { words: '(images, height, width, channels)', imageAxis: 'first', axes: [0, 1, 2, 3] },
  { words: '(images, channels, height, width)', imageAxis: 'first', axes: [0, 2, 3, 1] },
  { words: '(height, width, channels, images)', imageAxis: 'last', axes: [3, 0, 1, 2] },
] as const;

/**
 * Chooses which axis of an array is that of the images: one by which it fits the rest of the file; of several the one by
 * which the images are square; and of several still the usual one.
 * @param isUsable of a number of images
 * @returns undefined where the array cannot be images
 */
export function chooseLayout(
  { name, shape }: NamedArray,
  usual: 'first' | 'last',
  isUsable: (count: number) => boolean,
): ImageLayout | undefined {
  const possible = LAYOUTS.flatMap((layout) => {
    const [images, rows, columns, channels] = layout.axes;
    if (shape.length !== (channels === null ? 3 : 4)) return [];
    const colours = channels === null ? 1 : shape[channels];
    const [count, height, width] = [shape[images]!, shape[rows]!, shape[columns]!];
    if (colours !== 1 && colours !== 3) return [];
    if (count === 0 || height < MIN_SIDE || width < MIN_SIDE) return [];
    const form = { count, height, width, channels: colours } as const;
    return [{ ...layout, form }];
  });
  let left = possible;
  const prefer = (test: (layout: (typeof possible)[number]) => boolean) => {
    const preferred = left.filter(test);
    if (preferred.length > 0) left = preferred;
  };
  prefer(({ form }) => isUsable(form.count));
  prefer(({ form }) => form.height === form.width);
  prefer(({ imageAxis }) => imageAxis === usual);
  const [chosen] = left;
  if (chosen === undefined) return undefined;
  const { axes, form, words } = chosen;
  const isSure = possible.length === 1 || chosen.imageAxis === usual;
  const note = isSure ? undefined : `${name} (${shape.join(', ')}) is read as ${words}.`;
  return { axes, form, note };
}
