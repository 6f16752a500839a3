import { InputError } from '../../errors.js';
import type { SentResponses } from '../../experiments/set-tuning/real-responses.js';
import { decodeNpy } from '../../formats/npy.js';
import {
  readStimuli,
  type StimuliOrSet,
  type StimulusRequest,
} from '../../stimulus/decode/decode.js';
import { located } from '../../stimulus/decode/decoding.js';
import { type FilePart, readForm, readFormParts } from '../../stimulus/decode/form.js';
import { mediaTypeEssence } from '../../stimulus/decode/media-type.js';

/** A stimulus set, and where they were sent the real responses to it. */
export interface ReadSet {
  readonly set: StimuliOrSet;
  readonly real?: SentResponses;
}

/**
 * Decodes a stimulus set: a body that holds stimuli alone, or multipart/form-data with files under
 * `stimuli`, or the digest of a stored set under `stimulusSet`, and one .npy file under `responses`.
 * @throws InputError and its kinds, as `decodeStimuli`, and for parts that are not known
 */
export async function readSet(request: StimulusRequest): Promise<ReadSet> {
  const { contentType = '', body, limits } = request;
  if (mediaTypeEssence(contentType) !== 'multipart/form-data')
    return { set: await readStimuli(request) };
  const { files, ...form } = await readForm(contentType, body, limits);
  const [images, responses] = [partsNamed(files, 'stimuli'), partsNamed(files, 'responses')];
  const unknown = files.find((part) => !images.includes(part) && !responses.includes(part));
  if (unknown) {
    throw partError(unknown.field, "is not known; expected 'stimuli' or 'responses'");
  }
  if (images.length === 0 && form.stimulusSet === undefined) {
    throw partError('stimuli', 'is missing');
  }
  if (responses.length > 1) throw partError('responses', 'is there more than once');
  const set = await readFormParts({ ...form, files: images }, request);
  const [file] = responses;
  return file ? { set, real: await sentResponses(file) } : { set };
}

async function sentResponses({ body }: FilePart): Promise<SentResponses> {
  const { shape, data } = await located('responses', async () => decodeNpy(body));
  return { shape, values: Float64Array.from(data) };
}

function partsNamed(parts: readonly FilePart[], field: string): FilePart[] {
  return parts.filter((part) => part.field === field);
}

function partError(field: string, message: string): InputError {
  return new InputError(`${field} ${message}`, [{ path: field, message }]);
}
