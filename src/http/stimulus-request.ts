import { z } from 'zod';
import type { ServedModel } from '../engine/catalogue.js';
import { decodeNpy } from '../formats/npy.js';
import { InputError } from '../input-error.js';
import {
  type DecodedStimuli,
  type DecodeOptions,
  decodeForm,
  decodeStimuli,
} from '../stimulus/decode.js';
import { Fit } from '../stimulus/fit.js';
import type { DecodePixels } from '../stimulus/image-pixels.js';
import { essenceOf } from '../stimulus/media-type.js';
import { type FilePart, readForm } from '../stimulus/multipart.js';
import { type Canvas, type Stimuli, stimulusAt, stimulusDigest } from '../stimulus/stimuli.js';
import { rangeWarnings, stimulusStatistics } from '../stimulus/training-range.js';
import { type GiveWay, inTurns } from '../stimulus/turns.js';
import type { ResponseMatrix } from '../tuning/response-matrix.js';
import { NeuronList } from './neurons.js';
import type { Limits } from './service.js';

/** The element types of raw pixels. */
export const RawType = z.enum(['uint8', 'float32']);

/** The query parameters of every route that takes stimuli. */
export const StimulusQuery = z.strictObject({
  neurons: NeuronList.optional(),
  fit: Fit.default('none'),
  dtype: RawType.optional(),
});
export type StimulusQuery = z.infer<typeof StimulusQuery>;

/** A request body that holds stimuli for a model. */
export interface StimulusBody {
  readonly contentType: string | undefined;
  readonly body: Uint8Array;
  readonly query: StimulusQuery;
  readonly model: ServedModel;
  readonly limits: Limits;
  readonly decodeLarge: DecodePixels;
  /** The set stored under a digest. */
  readonly storedSet: NonNullable<DecodeOptions['storedSet']>;
}

/** What stimuli for a model are made for. */
export function canvasOf({ card }: ServedModel): Canvas {
  const { height, width, backgroundGray: background, degreesPerImage } = card.stimulus;
  const pixelsPerDegree = degreesPerImage === null ? undefined : width / degreesPerImage;
  return { height, width, background, pixelsPerDegree };
}

/** @throws InputError and its kinds, as `decodeStimuli` */
export function decodeBody(request: StimulusBody): Promise<DecodedStimuli> {
  const { contentType, body } = request;
  return decodeStimuli({ contentType, body, ...optionsOf(request) });
}

/** Stimuli, and where they were sent along the real responses to them. */
export interface DecodedSet extends DecodedStimuli {
  /** `[stimuli, neurons of the model]` */
  readonly real?: ResponseMatrix;
}

/**
 * Decodes a stimulus set: a body that holds stimuli alone, or multipart/form-data with files under
 * `stimuli`, or the digest of a stored set under `stimulusSet`, and one .npy file under `responses`.
 * @throws InputError and its kinds, as `decodeStimuli`, and when the responses do not fit
 */
export async function decodeSet(request: StimulusBody): Promise<DecodedSet> {
  const { contentType = '', body, model } = request;
  if (essenceOf(contentType) !== 'multipart/form-data') return decodeBody(request);
  const { files, ...form } = await readForm(contentType, body, request.limits);
  const [images, responses] = [partsNamed(files, 'stimuli'), partsNamed(files, 'responses')];
  const stranger = files.find((part) => !images.includes(part) && !responses.includes(part));
  if (stranger)
    throw partError(stranger.field, "is not known; there are 'stimuli' and 'responses'");
  if (images.length === 0 && form.stimulusSet === undefined) {
    throw partError('stimuli', 'is missing');
  }
  if (responses.length > 1) throw partError('responses', 'is there more than once');
  const decoded = await decodeForm({ ...form, files: images }, optionsOf(request));
  const [file] = responses;
  return file ? { ...decoded, real: realResponses(file, decoded.stimuli, model) } : decoded;
}

/** Per stimulus: its digest, and what its sender should know. */
export interface StimulusReport {
  readonly digest: string;
  readonly warnings: readonly string[];
}

/** @param notes per stimulus, what decoding changed */
export function reportStimuli(
  { card }: ServedModel,
  stimuli: Stimuli,
  notes: readonly (readonly string[])[] = [],
): StimulusReport[] {
  return Array.from({ length: stimuli.count }, (_, i) => {
    const stimulus = stimulusAt(stimuli, i);
    const outside = rangeWarnings(stimulusStatistics(stimulus), card.stimulus.trainingRange);
    return { digest: stimulusDigest(stimulus), warnings: [...(notes[i] ?? []), ...outside] };
  });
}

/** As `reportStimuli`, a few at a time. */
export function reportInTurns(
  model: ServedModel,
  stimuli: Stimuli,
  notes: readonly (readonly string[])[],
  giveWay?: GiveWay,
): Promise<StimulusReport[]> {
  return inTurns(
    stimuli,
    (part, from) => reportStimuli(model, part, notes.slice(from, from + part.count)),
    giveWay,
  );
}

function optionsOf({ query, model, ...given }: StimulusBody): DecodeOptions {
  const { limits, decodeLarge, storedSet } = given;
  const { fit, dtype } = query;
  return { target: canvasOf(model), limits, fit, dtype, decodeLarge, storedSet };
}

function partsNamed(parts: readonly FilePart[], field: string): FilePart[] {
  return parts.filter((part) => part.field === field);
}

function realResponses(
  { body }: FilePart,
  { count }: Stimuli,
  { card }: ServedModel,
): ResponseMatrix {
  const { shape, data } = decodeNpy(body);
  const neurons = card.neurons.length;
  if (shape.length !== 2 || shape[0] !== count || shape[1] !== neurons) {
    throw partError(
      'responses',
      `must have the shape (stimuli, neurons of the model) = (${count}, ${neurons}), has ` +
        `(${shape.join(', ')})`,
    );
  }
  return { stimuli: count, neurons, values: Float64Array.from(data) };
}

function partError(field: string, message: string): InputError {
  return new InputError(`${field} ${message}`, [{ path: field, message }]);
}
