import { InputError } from '../../../src/errors.js';
import { LUMA } from '../../../src/formats/luma.js';
import type { ElementValues } from '../../../src/formats/npy-elements.js';
import { resizeLinear } from '../../../src/stimulus/fit.js';
import type { ImageSource } from '../lab-file.js';

/** What is done to images, each only where a person asks for it. */
export interface TransformOptions {
  /** Rows and columns change places. */
  readonly transpose: boolean;
  /** Side of the central square that is kept, in degrees of visual angle. */
  readonly crop: number | undefined;
  readonly gray: boolean;
  readonly size: { readonly height: number; readonly width: number } | undefined;
  /** Visual angle of a pixel, where the file does not state it. */
  readonly degreesPerPixel: number | undefined;
}

/** How images of a recording become those of a dataset. */
export interface Transform {
  readonly height: number;
  readonly width: number;
  readonly channels: 1 | 3;
  readonly degreesPerPixel: number | null;
  /** What is done, in words, in order. */
  readonly changes: readonly string[];
  /**
   * @param values [count, height, width, channels] as the source gives them
   * @returns [count, height, width, channels] of the dataset, on the same scale; the same array where nothing changes
   */
  apply(values: ElementValues, count: number): ElementValues;
}

/** One image while it is changed: [height, width, channels]. */
interface Picture {
  readonly height: number;
  readonly width: number;
  readonly channels: 1 | 3;
  readonly pixels: Float32Array;
}

/** A change of one image. */
type Step = (picture: Picture) => Picture;

/** @throws InputError where a change is not possible with these images */
export function createTransform(source: ImageSource, options: TransformOptions): Transform {
  const steps: { readonly change: string; readonly step: Step }[] = [];
  let degreesPerPixel = options.degreesPerPixel ?? source.degreesPerPixel;
  if (options.transpose) {
    steps.push({ change: 'rows and columns are exchanged', step: transpose });
  }
  if (options.crop !== undefined) {
    const pixels = cropSide(source, options.crop, degreesPerPixel);
    steps.push({
      change: `the central ${options.crop} degrees are kept, ${pixels} pixels`,
      step: (picture) => cropCentre(picture, pixels),
    });
  }
  if (options.gray && source.channels === 3) {
    steps.push({ change: 'colours became their luminance (ITU-R BT.709)', step: toLuminance });
  }
  const { size } = options;
  const sample = apply(steps, blank(source));
  if (size && (size.height !== sample.height || size.width !== sample.width)) {
    steps.push({
      change: `resized from ${sample.height}x${sample.width} to ${size.height}x${size.width}`,
      step: (picture) => resizeLinear(picture, size),
    });
    if (degreesPerPixel !== null) degreesPerPixel *= sample.width / size.width;
  }
  const { height, width, channels } = apply(steps, blank(source));
  return {
    ...{ height, width, channels, degreesPerPixel },
    changes: steps.map(({ change }) => change),
    apply(values, count) {
      if (steps.length === 0) return values;
      const each = source.height * source.width * source.channels;
      const length = height * width * channels;
      const changed = values.constructor as new (length: number) => ElementValues;
      const result = new changed(count * length);
      const isWhole = !(result instanceof Float32Array || result instanceof Float64Array);
      for (let image = 0; image < count; image++) {
        const pixels = Float32Array.from(values.subarray(image * each, (image + 1) * each));
        const own = apply(steps, { ...pictureSize(source), pixels }).pixels;
        result.set(isWhole ? own.map(Math.round) : own, image * length);
      }
      return result;
    },
  };
}

function apply(steps: readonly { readonly step: Step }[], picture: Picture): Picture {
  return steps.reduce((current, { step }) => step(current), picture);
}

function pictureSize({ height, width, channels }: ImageSource) {
  return { height, width, channels };
}

function blank(source: ImageSource): Picture {
  const { height, width, channels } = source;
  return { ...pictureSize(source), pixels: new Float32Array(height * width * channels) };
}

function transpose({ height, width, channels, pixels }: Picture): Picture {
  const turned = new Float32Array(pixels.length);
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      for (let c = 0; c < channels; c++) {
        turned[(x * height + y) * channels + c] = pixels[(y * width + x) * channels + c]!;
      }
    }
  }
  return { height: width, width: height, channels, pixels: turned };
}

function cropSide(
  { height, width, name }: ImageSource,
  degrees: number,
  degreesPerPixel: number | null,
): number {
  if (degreesPerPixel === null) {
    throw new InputError(
      `--crop ${degrees} is in degrees, and ${name} does not state degrees per pixel; expected --degrees-per-pixel`,
    );
  }
  const pixels = Math.round(degrees / degreesPerPixel);
  if (pixels >= 1 && pixels <= Math.min(height, width)) return pixels;
  const most = Number((Math.min(height, width) * degreesPerPixel).toPrecision(4));
  throw new InputError(
    `--crop does not fit the images: ${degrees}; expected at most ${most} degrees, and one pixel at least`,
  );
}

function cropCentre({ height, width, channels, pixels }: Picture, side: number): Picture {
  const [top, left] = [Math.floor((height - side) / 2), Math.floor((width - side) / 2)];
  const kept = new Float32Array(side * side * channels);
  for (let y = 0; y < side; y++) {
    const from = ((top + y) * width + left) * channels;
    kept.set(pixels.subarray(from, from + side * channels), y * side * channels);
  }
  return { height: side, width: side, channels, pixels: kept };
}

function toLuminance({ height, width, pixels }: Picture): Picture {
  const [red, green, blue] = LUMA;
  const gray = Float32Array.from(
    { length: height * width },
    (_, i) => red * pixels[3 * i]! + green * pixels[3 * i + 1]! + blue * pixels[3 * i + 2]!,
  );
  return { height, width, channels: 1, pixels: gray };
}
