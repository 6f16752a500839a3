import { InputError } from '../input-error.js';
import { decodeNpyStimuli, decodeRawStimuli, type RAW_ELEMENTS } from './arrays.js';
import {
  errorAt,
  PayloadTooLargeError,
  sizeText,
  stimulusError,
  UnsupportedMediaError,
} from './errors.js';
import { checkSize, type Fit, fitImage, type Size, sameSize } from './fit.js';
import { renderGrating } from './grating.js';
import { openImage } from './image.js';
import {
  type JsonStimulus,
  parseJsonStimulus,
  parseStimuliBody,
  SetDigest,
  type StimuliBody,
} from './json.js';
import { checkCount, checkPixels, pixelCounter, type StimulusLimits } from './limits.js';
import { ACCEPTED_TYPES, essenceOf, isImageType, sniffMediaType } from './media-type.js';
import { type FilePart, type Form, readForm } from './multipart.js';
import {
  type Backdrop,
  type Canvas,
  concatStimuli,
  type GrayImage,
  type Stimuli,
  stimulusAt,
} from './stimuli.js';

/** How stimuli are to be decoded, the same for every stimulus of a request. */
export interface DecodeOptions {
  /** The size that is asked for, if any, and the gray for alpha and gratings. */
  readonly target: Canvas | Backdrop;
  /** Who asks for that size, for messages; `the model takes` where it is not said. */
  readonly asker?: string;
  readonly limits: StimulusLimits;
  readonly fit: Fit;
  /** Element type of raw application/octet-stream pixels: `uint8` or `float32`. */
  readonly dtype?: string | undefined;
  /** The set stored under a digest, where stored sets are taken. */
  readonly storedSet?: (digest: string) => Promise<Stimuli>;
}

/** The body of a request, with its Content-Type header. */
export interface StimulusRequest extends DecodeOptions {
  readonly contentType: string | undefined;
  readonly body: Uint8Array;
}

export interface DecodedStimuli {
  /** Every stimulus at the target size, or where none was asked for at their own, which is one. */
  readonly stimuli: Stimuli;
  /** Per stimulus: what was changed on the way, in words. */
  readonly notes: readonly (readonly string[])[];
  /** The neurons that a JSON body asks for, as it wrote them. */
  readonly neurons?: NonNullable<StimuliBody['neurons']>;
  /** The digest of the stored set that they were, before they were fitted. */
  readonly storedAs?: string;
}

/** The options with what is counted over a whole request. */
interface Decoding extends DecodeOptions {
  readonly countPixels: (size: Size) => void;
}

/**
 * Decodes the stimuli of a request: an image, .npy, raw pixels, JSON, several files as
 * multipart/form-data, or the digest of a stored set in one of the latter two. The content type
 * decides; without one, or with application/octet-stream and no dtype, the first bytes do.
 * @throws UnsupportedMediaError for other types, PayloadTooLargeError beyond the limits, InputError
 *   for anything unreadable, a pixel outside its range, or a stimulus of another size where `fit`
 *   is `none`; and what `storedSet` throws
 */
export async function decodeStimuli(request: StimulusRequest): Promise<DecodedStimuli> {
  const { contentType = '', body } = request;
  if (body.length === 0) throw new InputError('the body is empty; stimuli are expected');
  switch (essenceOf(contentType)) {
    case 'application/json':
      return decodeJson(body, request);
    case 'multipart/form-data':
      return decodeForm(await readForm(contentType, body), request);
    default:
      return decodeFile(request, counting(request), 0);
  }
}

/**
 * Decodes the stimuli of a form: its files in order, each an image, .npy or raw pixels, or the
 * stored set that it names.
 * @throws as `decodeStimuli`
 */
export async function decodeForm(
  { files, stimulusSet }: Form,
  options: DecodeOptions,
): Promise<DecodedStimuli> {
  if (stimulusSet === undefined) return decodeFiles(files, counting(options));
  if (files.length > 0) {
    throw errorAt('stimulusSet', 'a stored set is named beside files; send one or the other');
  }
  const digest = SetDigest.safeParse(stimulusSet);
  if (!digest.success) throw errorAt('stimulusSet', digest.error.issues[0]!.message);
  return decodeStoredSet(digest.data, counting(options));
}

async function decodeFiles(files: readonly FilePart[], options: Decoding): Promise<DecodedStimuli> {
  const decoded: DecodedStimuli[] = [];
  let count = 0;
  for (const [i, file] of files.entries()) {
    const one = await located(`file ${i} (${file.field})`, () => decodeFile(file, options, count));
    count += one.stimuli.count;
    checkCount(count, options.limits);
    decoded.push(one);
  }
  return concatDecoded(decoded);
}

async function decodeJson(body: Uint8Array, given: DecodeOptions): Promise<DecodedStimuli> {
  const options = counting(given);
  const { neurons, ...named } = parseStimuliBody(body);
  const all =
    'stimulusSet' in named
      ? await decodeStoredSet(named.stimulusSet, options)
      : await decodeEntries(named.stimuli, options);
  return neurons === undefined ? all : { ...all, neurons };
}

async function decodeStoredSet(digest: string, options: Decoding): Promise<DecodedStimuli> {
  const { storedSet, limits } = options;
  if (storedSet === undefined) {
    throw errorAt('stimulusSet', 'no stored set is taken here; send the stimuli themselves');
  }
  const stimuli = await storedSet(digest);
  checkCount(stimuli.count, limits);
  const notes = Array.from({ length: stimuli.count }, () => []);
  return { ...fitBatch(stimuli, notes, options, 0), storedAs: digest };
}

async function decodeEntries(
  stimuli: readonly unknown[],
  options: Decoding,
): Promise<DecodedStimuli> {
  checkCount(stimuli.length, options.limits);
  const decoded: DecodedStimuli[] = [];
  for (const [i, entry] of stimuli.entries()) {
    const parsed = parseJsonStimulus(entry, `stimuli[${i}]`);
    decoded.push(
      parsed.kind === 'pixels'
        ? fitBatch(oneStimulus(parsed.image), [parsed.notes], options, i)
        : await located(`stimuli[${i}].${parsed.kind}`, () => decodeEmbedded(parsed, options, i)),
    );
  }
  return concatDecoded(decoded);
}

/** A grating, or a file, inside a JSON body: one stimulus. */
async function decodeEmbedded(
  parsed: Exclude<JsonStimulus, { kind: 'pixels' }>,
  options: Decoding,
  index: number,
): Promise<DecodedStimuli> {
  if (parsed.kind === 'grating') {
    const canvas = sizedCanvas(options.target, 'rendered');
    return { stimuli: oneStimulus(renderGrating(parsed.grating, canvas)), notes: [[]] };
  }
  const contentType = parsed.kind === 'png' ? 'image/png' : 'application/x-npy';
  const decoded = await decodeFile({ contentType, body: parsed.bytes }, options, index);
  const { count } = decoded.stimuli;
  if (count !== 1) throw new InputError(`${count} images; one is expected`);
  return decoded;
}

/** @param first how many stimuli of the request come before this file, so that errors count on */
async function decodeFile(
  { contentType, body }: { contentType: string | undefined; body: Uint8Array },
  options: Decoding,
  first: number,
): Promise<DecodedStimuli> {
  const { target, limits, fit, dtype, asker } = options;
  const size = sizeOf(target);
  const type = mediaTypeOf(contentType, body, dtype);
  if (isImageType(type)) {
    const file = await openImage(body, limits);
    // before decoding: an image of a size that is refused anyway costs nothing
    if (size) checkSize(file.size, size, fit, first, asker);
    options.countPixels(file.size);
    const { image, notes } = await file.decode(target.background);
    return fitBatch(oneStimulus(image), [notes], options, first);
  }
  if (type === 'application/x-npy') {
    const { stimuli, notes } = decodeNpyStimuli(body, size, limits, first);
    return fitBatch(stimuli, notes, options, first);
  }
  if (type === 'application/octet-stream') {
    return decodeRawStimuli(body, rawDtype(dtype), sizedCanvas(target, 'raw'), limits, first);
  }
  throw new UnsupportedMediaError(`${type} is not accepted here; send ${ACCEPTED_TYPES}`);
}

function mediaTypeOf(
  contentType: string | undefined,
  body: Uint8Array,
  dtype: string | undefined,
): string {
  const stated = essenceOf(contentType);
  const unsaid = stated === undefined || (stated === 'application/octet-stream' && !dtype);
  const raw = dtype === undefined ? undefined : 'application/octet-stream';
  const type = unsaid ? (sniffMediaType(body) ?? stated ?? raw) : stated;
  if (type !== undefined) return type;
  throw new UnsupportedMediaError(
    `there is no Content-Type, and the first bytes show none; send ${ACCEPTED_TYPES}`,
  );
}

function rawDtype(dtype: string | undefined): keyof typeof RAW_ELEMENTS {
  if (dtype === 'uint8' || dtype === 'float32') return dtype;
  const message =
    dtype === undefined
      ? 'raw pixels need ?dtype=uint8 or ?dtype=float32'
      : `dtype '${dtype}' is not uint8 or float32`;
  throw new InputError(message, [{ path: 'dtype', message }]);
}

/** Brings a batch to the target size; adds to each stimulus's notes what that changed. */
function fitBatch(
  stimuli: Stimuli,
  notes: readonly (readonly string[])[],
  { target, fit, limits, asker }: DecodeOptions,
  first: number,
): DecodedStimuli {
  const size = sizeOf(target) ?? stimuli;
  if (sameSize(stimuli, size)) return { stimuli, notes };
  checkPixels(stimuli, limits);
  checkSize(stimuli, size, fit, first, asker);
  const fitted = notes.map((before, i) => {
    const { image, note } = fitImage(stimulusAt(stimuli, i), size, fit);
    return {
      stimuli: oneStimulus(image),
      notes: [note === undefined ? before : [...before, note]],
    };
  });
  return concatDecoded(fitted);
}

function concatDecoded(decoded: readonly DecodedStimuli[]): DecodedStimuli {
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

function counting(options: DecodeOptions): Decoding {
  return { ...options, countPixels: pixelCounter(options.limits) };
}

function sizeOf(target: Canvas | Backdrop): Canvas | undefined {
  return 'height' in target ? target : undefined;
}

/** @throws InputError where no size was asked for, and what is decoded has none of its own */
function sizedCanvas(target: Canvas | Backdrop, what: string): Canvas {
  const canvas = sizeOf(target);
  if (canvas) return canvas;
  throw new InputError(`${what} stimuli have no size of their own: add ?height= and ?width=`);
}

function oneStimulus(image: GrayImage): Stimuli {
  return { count: 1, ...image };
}

/** Says where in the request an error happened, unless the error knows better. */
async function located<T>(path: string, task: () => Promise<T>): Promise<T> {
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
