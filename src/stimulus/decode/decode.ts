import { InputError } from '../../errors.js';
import { errorAt } from '../errors.js';
import { checkCount } from '../limits.js';
import { concatStimuli, type Stimuli, sliceStimuli } from '../stimuli.js';
import {
  counting,
  type DecodedStimuli,
  type DecodeOptions,
  fitBatch,
  type ReadStoredSet,
  type StimuliOrSet,
} from './decoding.js';
import { decodeFile } from './file.js';
import { readForm, readFormParts } from './form.js';
import { decodeEntries, decodeEntry, parseStimuliBody } from './json.js';
import { mediaTypeEssence } from './media-type.js';

export type {
  DecodedStimuli,
  DecodeOptions,
  NamedSet,
  ReadStoredSet,
  StimuliOrSet,
} from './decoding.js';

/** The body of a request and its Content-Type header. */
export interface StimulusRequest extends DecodeOptions {
  readonly contentType: string | undefined;
  readonly body: Uint8Array;
}

/**
 * Decodes the stimuli of a request: an image, .npy, raw pixels, JSON, several files as
 * multipart/form-data, or the digest of a stored set in one of the latter two. The content type
 * decides; without one, or with application/octet-stream and no dtype, the first bytes do.
 * @param readStoredSet the reader of stored sets, if these are accepted
 * @throws UnsupportedMediaError for other types, PayloadTooLargeError beyond the limits, InputError
 *   for anything unreadable, a pixel outside its range, or a stimulus of another size where `fit`
 *   is `none`; and what `readStoredSet` throws
 */
export async function decodeStimuli(
  request: StimulusRequest,
  readStoredSet?: ReadStoredSet,
): Promise<DecodedStimuli> {
  return resolveStored(await readStimuli(request), request, readStoredSet);
}

/** Decodes the stimuli in a body as `decodeStimuli` does, without reading stored sets. */
export async function readStimuli(request: StimulusRequest): Promise<StimuliOrSet> {
  const { contentType = '', body } = request;
  if (body.length === 0)
    throw new InputError(
      'the body is empty; expected stimuli: check the path of the file that is sent',
    );
  switch (mediaTypeEssence(contentType)) {
    case 'application/json':
      return readJsonBody(body, request);
    case 'multipart/form-data':
      return readFormParts(await readForm(contentType, body, request.limits), request);
    default:
      return { decoded: await decodeFile(request, counting(request), 0) };
  }
}

/** Reads and fits the stimuli of the set that a body names; stimuli from the body are returned unchanged. */
export async function resolveStored(
  read: StimuliOrSet,
  options: DecodeOptions,
  readStoredSet?: ReadStoredSet,
): Promise<DecodedStimuli> {
  if ('decoded' in read) return read.decoded;
  const { digest, chosen, neurons } = read.named;
  if (readStoredSet === undefined) {
    throw errorAt('stimulusSet', 'no stored set is taken here; send the stimuli themselves');
  }
  const all = await readStoredSet(digest);
  const stimuli = chosen === undefined ? all : stimuliNumbered(all, chosen);
  checkCount(stimuli.count, options.limits);
  const notes = Array.from({ length: stimuli.count }, () => []);
  const fitted = await fitBatch(stimuli, notes, counting(options), 0);
  return {
    ...fitted,
    ...(chosen === undefined ? { storedAs: digest } : {}),
    ...(neurons === undefined ? {} : { neurons }),
  };
}

async function readJsonBody(body: Uint8Array, given: DecodeOptions): Promise<StimuliOrSet> {
  const options = counting(given);
  const parsed = parseStimuliBody(body);
  if ('entry' in parsed) return { decoded: await decodeEntry(parsed.entry, '', options, 0) };
  const { neurons } = parsed;
  if ('stimulusSet' in parsed) {
    return { named: { digest: parsed.stimulusSet, chosen: parsed.stimuli, neurons } };
  }
  const decoded = await decodeEntries(parsed.stimuli, options);
  return { decoded: neurons === undefined ? decoded : { ...decoded, neurons } };
}

/** @throws InputError if there is no stimulus of such a number */
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
