import { InputError } from '../input-error.js';
import { decodeNpyStimuli, decodeRawStimuli, type RAW_ELEMENTS } from './arrays.js';
import { PayloadTooLargeError, UnsupportedMediaError } from './errors.js';
import { checkSize, type Fit, fitImage, sameSize } from './fit.js';
import { renderGrating } from './grating.js';
import { openImage } from './image.js';
import {
  type JsonStimulus,
  parseJsonStimulus,
  parseStimuliBody,
  type StimuliBody,
} from './json.js';
import { checkCount, checkPixels, type StimulusLimits } from './limits.js';
import { ACCEPTED_TYPES, essenceOf, isImageType, sniffMediaType } from './media-type.js';
import { type FilePart, readFileParts } from './multipart.js';
import { type Canvas, concatStimuli, type GrayImage, type Stimuli, stimulusAt } from './stimuli.js';

/** How stimuli are to be decoded, the same for every stimulus of a request. */
export interface DecodeOptions {
  /** The size that the model takes, and the gray for alpha and gratings. */
  readonly target: Canvas;
  readonly limits: StimulusLimits;
  readonly fit: Fit;
  /** Element type of raw application/octet-stream pixels: `uint8` or `float32`. */
  readonly dtype?: string | undefined;
}

/** The body of a request, with its Content-Type header. */
export interface StimulusRequest extends DecodeOptions {
  readonly contentType: string | undefined;
  readonly body: Uint8Array;
}

export interface DecodedStimuli {
  /** Every stimulus at the target size. */
  readonly stimuli: Stimuli;
  /** Per stimulus: what was changed on the way, in words. */
  readonly notes: readonly (readonly string[])[];
  /** The neurons that a JSON body asks for, as it wrote them. */
  readonly neurons?: NonNullable<StimuliBody['neurons']>;
}

/**
 * Decodes the stimuli of a request: an image, .npy, raw pixels, JSON, or several files as
 * multipart/form-data. The content type decides; without one, or with application/octet-stream and
 * no dtype, the first bytes do.
 * @throws UnsupportedMediaError for other types, PayloadTooLargeError beyond the limits, InputError
 *   for anything unreadable, a pixel outside its range, or a stimulus of another size where `fit`
 *   is `none`
 */
export async function decodeStimuli(request: StimulusRequest): Promise<DecodedStimuli> {
  const { contentType = '', body } = request;
  if (body.length === 0) throw new InputError('the body is empty; stimuli are expected');
  switch (essenceOf(contentType)) {
    case 'application/json':
      return decodeJson(body, request);
    case 'multipart/form-data':
      return decodeFiles(await readFileParts(contentType, body), request);
    default:
      return decodeFile(request, request, 0);
  }
}

/**
 * Decodes the stimuli of several files, in order; each is an image, .npy or raw pixels.
 * @throws as `decodeStimuli`
 */
export async function decodeFiles(
  files: readonly FilePart[],
  options: DecodeOptions,
): Promise<DecodedStimuli> {
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

async function decodeJson(body: Uint8Array, options: DecodeOptions): Promise<DecodedStimuli> {
  const { stimuli, neurons } = parseStimuliBody(body);
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
  const all = concatDecoded(decoded);
  return neurons === undefined ? all : { ...all, neurons };
}

/** A grating, or a file, inside a JSON body: one stimulus. */
async function decodeEmbedded(
  parsed: Exclude<JsonStimulus, { kind: 'pixels' }>,
  options: DecodeOptions,
  index: number,
): Promise<DecodedStimuli> {
  if (parsed.kind === 'grating') {
    return { stimuli: oneStimulus(renderGrating(parsed.grating, options.target)), notes: [[]] };
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
  options: DecodeOptions,
  first: number,
): Promise<DecodedStimuli> {
  const { target, limits, fit, dtype } = options;
  const type = mediaTypeOf(contentType, body, dtype);
  if (isImageType(type)) {
    const file = await openImage(body, limits);
    // before decoding: an image of a size that is refused anyway costs nothing
    checkSize(file.size, target, fit, first);
    const { image, notes } = await file.decode(target.background);
    return fitBatch(oneStimulus(image), [notes], options, first);
  }
  if (type === 'application/x-npy') {
    const { stimuli, notes } = decodeNpyStimuli(body, target, limits, first);
    return fitBatch(stimuli, notes, options, first);
  }
  if (type === 'application/octet-stream') {
    return decodeRawStimuli(body, rawDtype(dtype), target, limits, first);
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
  const type = unsaid ? (sniffMediaType(body) ?? stated) : stated;
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
  { target, fit, limits }: DecodeOptions,
  first: number,
): DecodedStimuli {
  if (sameSize(stimuli, target)) return { stimuli, notes };
  checkPixels(stimuli, limits);
  checkSize(stimuli, target, fit, first);
  const fitted = notes.map((before, i) => {
    const { image, note } = fitImage(stimulusAt(stimuli, i), target, fit);
    return {
      stimuli: oneStimulus(image),
      notes: [note === undefined ? before : [...before, note]],
    };
  });
  return concatDecoded(fitted);
}

function concatDecoded(decoded: readonly DecodedStimuli[]): DecodedStimuli {
  return {
    stimuli: concatStimuli(decoded.map(({ stimuli }) => stimuli)),
    notes: decoded.flatMap(({ notes }) => notes),
  };
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
