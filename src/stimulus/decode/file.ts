import { InputError, UnsupportedMediaError } from '../../errors.js';
import { checkSize } from '../fit.js';
import { sizedCanvas, targetSize } from '../target.js';
import { decodeNpyStimuli, decodeRawStimuli, type RAW_ELEMENTS } from './array.js';
import { type DecodedStimuli, type Decoding, fitBatch, oneStimulus } from './decoding.js';
import { decodePixels, openImage } from './image.js';
import {
  ACCEPTED_TYPES,
  describeOtherFormat,
  isImageType,
  mediaTypeEssence,
  sniffMediaType,
} from './media-type.js';

/**
 * Decodes a file: an image, .npy or raw pixels.
 * @param first the number of stimuli before this file in the request, for errors
 * @throws as `decodeStimuli`
 */
export async function decodeFile(
  { contentType, body }: { contentType: string | undefined; body: Uint8Array },
  options: Decoding,
  first: number,
): Promise<DecodedStimuli> {
  const { target, limits, fit, dtype, asker } = options;
  const size = targetSize(target);
  const type = chooseMediaType(contentType, body, dtype);
  if (isImageType(type)) {
    const file = await openImage(body, limits);
    // The size is checked before decoding, so that rejected images cost nothing.
    if (size) checkSize(file.size, size, fit, first, asker);
    options.countPixels({ ...file.size, channels: target.channels ?? file.channels });
    const task = file.task(target, size && { size, fit });
    const { image, notes } = await decodePixels(task);
    return { stimuli: oneStimulus(image), notes: [notes] };
  }
  if (type === 'application/x-npy') {
    const { stimuli, notes } = decodeNpyStimuli(body, target, limits, first);
    return fitBatch(stimuli, notes, options, first);
  }
  if (type === 'application/octet-stream') {
    return decodeRawStimuli(body, rawDtype(dtype), sizedCanvas(target, 'raw'), limits, first);
  }
  // curl sends this type by default.
  const hint =
    type === 'application/x-www-form-urlencoded' ? `add -H 'Content-Type: ...', one of` : 'send';
  throw new UnsupportedMediaError(`${type} is not accepted here; ${hint} ${ACCEPTED_TYPES}`);
}

function chooseMediaType(
  contentType: string | undefined,
  body: Uint8Array,
  dtype: string | undefined,
): string {
  const stated = mediaTypeEssence(contentType);
  const unsaid = stated === undefined || (stated === 'application/octet-stream' && !dtype);
  const raw = dtype === undefined ? undefined : 'application/octet-stream';
  const sniffed = unsaid ? sniffMediaType(body) : stated;
  const other =
    sniffed === undefined && dtype === undefined ? describeOtherFormat(body) : undefined;
  if (other !== undefined) throw new UnsupportedMediaError(other);
  const type = sniffed ?? stated ?? raw;
  if (type !== undefined) return type;
  throw new UnsupportedMediaError(
    `Content-Type is missing, and the first bytes are of no known format; expected ${ACCEPTED_TYPES}`,
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
