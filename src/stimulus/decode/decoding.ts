import { InputError, PayloadTooLargeError, UnsupportedMediaError } from '../../errors.js';
import { TooMuchWorkError } from '../../workers/too-much-work.js';
import { createYielder } from '../chunks.js';
import { sizeText, stimulusError } from '../errors.js';
import { checkSize, type Fit, fitImage, type Size, sameSize } from '../fit.js';
import { checkPixels, pixelCounter, type StimulusLimits } from '../limits.js';
import {
  type Canvas,
  concatStimuli,
  type Stimuli,
  type StimulusImage,
  stimulusAt,
} from '../stimuli.js';
import type { StimuliBody } from '../stimuli-body.js';

/** The size of decoded stimuli, or undefined where they keep their own, and the gray for alpha and gratings. */
export interface Target extends Omit<Canvas, 'height' | 'width'> {
  readonly height?: number | undefined;
  readonly width?: number | undefined;
}

/** The options of decoding, which are the same for every stimulus of a request. */
export interface DecodeOptions {
  readonly target: Target;
  /** The subject and verb of messages about the target size; by default `the model takes`. */
  readonly asker?: string;
  readonly limits: StimulusLimits;
  readonly fit: Fit;
  /** Element type of raw application/octet-stream pixels: `uint8` or `float32`. */
  readonly dtype?: string | undefined;
  /** The number of pixels to decode, render and fit here; beyond it `TooMuchWorkError` is thrown. */
  readonly maxWork?: number | undefined;
}

/** Reads the stimuli of the set that is stored under a digest. */
export type ReadStoredSet = (digest: string) => Promise<Stimuli>;

/** The stored set that a body names in place of stimuli. */
export interface NamedSet {
  readonly digest: string;
  /** The numbers, from 0, of its stimuli; by default all of them. */
  readonly chosen?: readonly number[] | undefined;
  readonly neurons?: StimuliBody['neurons'];
}

export interface DecodedStimuli {
  /** Stimuli of the target size or, without a target, of their own common size. */
  readonly stimuli: Stimuli;
  /** Notes on changes, for each stimulus. */
  readonly notes: readonly (readonly string[])[];
  /** The unparsed neurons of a JSON body. */
  readonly neurons?: NonNullable<StimuliBody['neurons']>;
  /** The digest of the stored set, before its stimuli were fitted. */
  readonly storedAs?: string;
}

/** The stimuli of a body, or the stored set that the body names. */
export type StimuliOrSet = { readonly decoded: DecodedStimuli } | { readonly named: NamedSet };

/** The options with the counters of a whole request. */
export interface Decoding extends DecodeOptions {
  readonly countPixels: (size: Size) => void;
  /** Called before work on so many pixels. @throws TooMuchWorkError */
  readonly countWork: (pixels: number) => void;
  /** Called after an image of this size was rendered, to let other work run. */
  readonly yieldAfter: (size: Size) => Promise<void>;
}

/** Fits a batch to the target size and adds the changes to the notes. */
export async function fitBatch(
  stimuli: Stimuli,
  notes: readonly (readonly string[])[],
  { target, fit, limits, asker, yieldAfter, countWork }: Decoding,
  first: number,
): Promise<DecodedStimuli> {
  const size = targetSize(target) ?? stimuli;
  if (sameSize(stimuli, size)) return { stimuli, notes };
  checkPixels(stimuli, limits);
  checkSize(stimuli, size, fit, first, asker);
  countWork(stimuli.count * size.height * size.width + stimuli.pixels.length);
  const fitted: DecodedStimuli[] = [];
  for (const [i, before] of notes.entries()) {
    const { image, note } = fitImage(stimulusAt(stimuli, i), size, fit);
    fitted.push({
      stimuli: oneStimulus(image),
      notes: [note === undefined ? before : [...before, note]],
    });
    await yieldAfter(stimuli);
  }
  return concatDecoded(fitted);
}

export function concatDecoded(decoded: readonly DecodedStimuli[]): DecodedStimuli {
  const size = decoded[0]!.stimuli;
  let count = 0;
  for (const { stimuli } of decoded) {
    if (!sameSize(stimuli, size)) {
      const sizes = `is ${sizeText(stimuli)}, the first is ${sizeText(size)}`;
      throw stimulusError(
        count,
        `${sizes}; add ?height= and ?width=, and ?fit=resize or ?fit=crop`,
      );
    }
    count += stimuli.count;
  }
  return {
    stimuli: concatStimuli(decoded.map(({ stimuli }) => stimuli)),
    notes: decoded.flatMap(({ notes }) => notes),
  };
}

export function counting(options: DecodeOptions): Decoding {
  const { limits, maxWork = Number.POSITIVE_INFINITY } = options;
  const countOfRequest = pixelCounter(limits);
  let work = 0;
  const countWork = (pixels: number) => {
    work += pixels;
    if (work > maxWork) throw new TooMuchWorkError();
  };
  const countPixels = (size: Size) => {
    countOfRequest(size);
    countWork(size.height * size.width);
  };
  return { ...options, countPixels, countWork, yieldAfter: createYielder() };
}

export function targetSize({ height, width, ...rest }: Target): Canvas | undefined {
  return height === undefined || width === undefined ? undefined : { ...rest, height, width };
}

/** @throws InputError if there is no target size and the input has no size of its own */
export function sizedCanvas(target: Target, what: string): Canvas {
  const canvas = targetSize(target);
  if (canvas) return canvas;
  throw new InputError(`${what} stimuli have no size of their own: add ?height= and ?width=`);
}

export function oneStimulus(image: StimulusImage): Stimuli {
  return { count: 1, ...image };
}

/** Adds the place in the request to an error that has none. */
export async function located<T>(path: string, task: () => Promise<T>): Promise<T> {
  try {
    return await task();
  } catch (error) {
    if (!(error instanceof InputError) || error.problems.length > 0) throw error;
    const message = `${path}: ${error.message}`;
    const problems = [{ path, message: error.message }];
    const kinds = [PayloadTooLargeError, UnsupportedMediaError];
    const Kind = kinds.find((kind) => error instanceof kind) ?? InputError;
    throw new Kind(message, problems, { cause: error });
  }
}
