import sharp from 'sharp';
import { InputError, PayloadTooLargeError, UnsupportedMediaError } from '../../src/errors.js';
import {
  type DecodedStimuli,
  decodeStimuli,
  type ReadStoredSet,
  type StimulusRequest,
} from '../../src/stimulus/decode/decode.js';

export interface DecodeTestOptions extends Partial<StimulusRequest> {
  readonly readStoredSet?: ReadStoredSet;
}

/** Decodes a body for a 6x4 (height x width) model, unless `options` name another size. */
export function decode(
  contentType: string | undefined,
  body: Uint8Array | string,
  { readStoredSet, ...options }: DecodeTestOptions = {},
): Promise<DecodedStimuli> {
  const request = {
    contentType,
    body: typeof body === 'string' ? Buffer.from(body) : body,
    target: { height: 6, width: 4, channels: 1 as const, background: 0.5 },
    limits: { maxStimuli: 8, maxPixels: 10_000 },
    fit: 'none' as const,
    ...options,
  };
  return decodeStimuli(request, readStoredSet);
}

/** 24 different 8-bit values for one 6x4 stimulus, both ends of the range among them. */
export const GRAY_8 = Uint8Array.from({ length: 24 }, (_, i) => (i * 255) / 23);

/** `GRAY_8` in 0..1. */
export const GRAY = Float32Array.from(GRAY_8, (value) => value / 255);

/** The error as `class: message`, followed by the paths of its problems. */
export async function rejection(
  type: string | undefined,
  body: Uint8Array | string,
  options: DecodeTestOptions = {},
): Promise<string> {
  const error: unknown = await decode(type, body, options).then(
    () => 'nothing was refused',
    (reason: unknown) => reason,
  );
  if (!(error instanceof InputError)) return `not an InputError: ${error}`;
  const kind = [PayloadTooLargeError, UnsupportedMediaError].find((one) => error instanceof one);
  const paths = error.problems.map(({ path }) => path).join(', ');
  return `${kind?.name ?? 'InputError'}: ${error.message}${paths && ` [${paths}]`}`;
}

/** A gray PNG of noise, which is long enough to be cut off. */
export function grayPng(height: number, width: number): Promise<Buffer> {
  const samples = Uint8Array.from({ length: height * width }, (_, i) => (i * 7919) % 251);
  return sharp(samples, { raw: { height, width, channels: 1 } })
    .toColourspace('b-w')
    .png()
    .toBuffer();
}
