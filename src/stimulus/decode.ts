import { InputError } from '../input-error.js';
import {
  concatDecoded,
  counting,
  type DecodedStimuli,
  type DecodeOptions,
  type Decoding,
  fitBatch,
  located,
} from './decoding.js';
import { decodeEntries, decodeEntry } from './entries.js';
import { errorAt } from './errors.js';
import { decodeFile } from './file.js';
import { parseStimuliBody, SetDigest } from './json.js';
import { checkCount } from './limits.js';
import { essenceOf } from './media-type.js';
import { type FilePart, type Form, readForm } from './multipart.js';
import { concatStimuli, type Stimuli, sliceStimuli } from './stimuli.js';

export type { DecodedStimuli, DecodeOptions } from './decoding.js';

/** The body of a request, with its Content-Type header. */
export interface StimulusRequest extends DecodeOptions {
  readonly contentType: string | undefined;
  readonly body: Uint8Array;
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
      return decodeForm(await readForm(contentType, body, request.limits), request);
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
    await options.takeTurns(one.stimuli);
  }
  return concatDecoded(decoded);
}

async function decodeJson(body: Uint8Array, given: DecodeOptions): Promise<DecodedStimuli> {
  const options = counting(given);
  const parsed = parseStimuliBody(body);
  if ('entry' in parsed) return decodeEntry(parsed.entry, '', options, 0);
  const { neurons, ...named } = parsed;
  const all =
    'stimulusSet' in named
      ? await decodeStoredSet(named.stimulusSet, options, named.stimuli)
      : await decodeEntries(named.stimuli, options);
  return neurons === undefined ? all : { ...all, neurons };
}

/** @param chosen which of them; all where it is not said */
async function decodeStoredSet(
  digest: string,
  options: Decoding,
  chosen?: readonly number[],
): Promise<DecodedStimuli> {
  const { storedSet, limits } = options;
  if (storedSet === undefined) {
    throw errorAt('stimulusSet', 'no stored set is taken here; send the stimuli themselves');
  }
  const all = await storedSet(digest);
  const stimuli = chosen === undefined ? all : stimuliNumbered(all, chosen);
  checkCount(stimuli.count, limits);
  const notes = Array.from({ length: stimuli.count }, () => []);
  const fitted = fitBatch(stimuli, notes, options, 0);
  return chosen === undefined ? { ...fitted, storedAs: digest } : fitted;
}

/** @throws InputError where there is no stimulus of such a number */
function stimuliNumbered(all: Stimuli, numbers: readonly number[]): Stimuli {
  const wrong = numbers.findIndex((number) => number >= all.count);
  if (wrong >= 0) {
    throw errorAt(
      `stimuli[${wrong}]`,
      `there is no stimulus ${numbers[wrong]}; the set has ${all.count}, numbered from 0`,
    );
  }
  return concatStimuli(numbers.map((number) => sliceStimuli(all, number, number + 1)));
}
