import { InputError, PayloadTooLargeError, UnsupportedMediaError } from '../../errors.js';
import { TooMuchWorkError } from '../../workers/too-much-work.js';
import { GRAY_NOTE, withChannels } from '../channels.js';
import { createYielder } from '../chunks.js';
import { sizeText, stimulusError } from '../errors.js';
import { checkSize, type Fit, fitImage, type Size, sameSize } from '../fit.js';
import { checkPixels, pixelCounter, type StimulusLimits } from '../limits.js';
import {
  concatStimuli,
  imageLength,
  type Stimuli,
  type StimulusImage,
  type StimulusShape,
  stimulusAt,
} from '../stimuli.js';
import type { StimuliBody } from '../stimuli-body.js';
import { type Target, targetSize } from '../target.js';

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
  readonly countPixels: (image: StimulusShape) => void;
  /** Called before work on so many pixels. @throws TooMuchWorkError */
  readonly countWork: (pixels: number) => void;
  /** Called after an image of this size was rendered, to let other work run. */
  readonly yieldAfter: (size: Size) => Promise<void>;
}

/** Fits a batch to the size and the channels of the target, and adds the changes to the notes. */
export async function fitBatch(
  stimuli: Stimuli,
  notes: readonly (readonly string[])[],
  { target, fit, limits, asker, yieldAfter, countWork }: Decoding,
  first: number,
): Promise<DecodedStimuli> {
  const { channels = stimuli.channels } = target;
  const size = targetSize(target) ?? stimuli;
  if (sameSize(stimuli, size) && stimuli.channels === channels) return { stimuli, notes };
  if (!sameSize(stimuli, size)) checkPixels(stimuli, limits);
  checkSize(stimuli, size, fit, first, asker);
  const { height, width } = size;
  const work = stimuli.count * imageLength({ height, width, channels });
  countWork(work + stimuli.pixels.length);
  const fitted: DecodedStimuli[] = [];
  for (const [i, before] of notes.entries()) {
    const own = withChannels(stimulusAt(stimuli, i), channels === 1 ? 1 : stimuli.channels);
    const { image, note } = fitImage(own, size, fit);
    const grayNotes = own.channels < stimuli.channels ? [GRAY_NOTE] : [];
    fitted.push({
      stimuli: oneStimulus(withChannels(image, channels)),
      notes: [[...before, ...grayNotes, ...(note === undefined ? [] : [note])]],
    });
    await yieldAfter(stimuli);
  }
  return concatDecoded(fitted);
}

/** Joins stimuli of one size; where some are in colour, all get three channels. */
export function concatDecoded(decoded: readonly DecodedStimuli[]): DecodedStimuli {
  const size = decoded[0]!.stimuli;
  const channels = decoded.some(({ stimuli }) => stimuli.channels === 3) ? 3 : 1;
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
    stimuli: concatStimuli(decoded.map(({ stimuli }) => withChannels(stimuli, channels))),
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
  const countPixels = (image: StimulusShape) => {
    countOfRequest(image);
    countWork(imageLength(image));
  };
  return { ...options, countPixels, countWork, yieldAfter: createYielder() };
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
