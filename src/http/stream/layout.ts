import type { RAW_ELEMENTS } from '../../stimulus/arrays.js';
import type { Size } from '../../stimulus/fit.js';

/** Of the pixels of a stream: `uint8` (0..255) or `float32` (0..1). */
export type PixelType = keyof typeof RAW_ELEMENTS;

/** Bytes before the pixels of a frame: the client's own timestamp. */
export const STAMP = 8;

/** Bytes before the responses of an answer, or before the text of a refusal. */
export const HEADER = 32;

/** What an answer says besides its status, bit by bit. */
export const FLAGS = {
  /** The service is shutting down and will soon close the stream. */
  closing: 1,
  /** The image lies outside what the model was trained on. */
  outside: 2,
} as const;

/** Bytes of a frame that a client sends: its timestamp, then the pixels, row-major. */
export function frameBytes({ height, width }: Size, dtype: PixelType): number {
  return STAMP + height * width * (dtype === 'uint8' ? 1 : 4);
}

/** The pixels of a frame as they were sent: a view, no copy. */
export function pixelsIn(frame: Uint8Array): Uint8Array {
  return frame.subarray(STAMP);
}

/** Where the time of a frame went, in milliseconds. */
export interface FrameTimes {
  /** Reading its pixels. */
  readonly decode: number;
  /** Waiting for the engine. */
  readonly queue: number;
  /** At the engine. */
  readonly infer: number;
}

/** What stands before the responses of an answer. */
export interface AnswerHeader {
  /** Number of the frame in its stream, from 0; written modulo 2^32. */
  readonly sequence: number;
  /** As of HTTP: 200 where responses follow, else why there are none. */
  readonly status: number;
  readonly flags: number;
  readonly times: FrameTimes;
}

/**
 * An answer to a frame, little-endian: the header of 32 bytes, then float32 responses, or UTF-8 text
 * where the status is not 200.
 * @param frame the timestamp in it is given back
 */
export function encodeAnswer(
  frame: Uint8Array,
  { sequence, status, flags, times }: AnswerHeader,
  content: Float32Array | string,
): Buffer {
  const responses = typeof content === 'string' ? 0 : content.length;
  const payload =
    typeof content === 'string'
      ? Buffer.from(content)
      : new Uint8Array(content.buffer, content.byteOffset, content.byteLength);
  const answer = Buffer.allocUnsafe(HEADER + payload.length);
  answer.writeUInt32LE(sequence >>> 0, 0);
  answer.writeUInt16LE(status, 4);
  answer.writeUInt16LE(flags, 6);
  answer.set(frame.subarray(0, STAMP), 8);
  answer.writeFloatLE(times.decode, 16);
  answer.writeFloatLE(times.queue, 20);
  answer.writeFloatLE(times.infer, 24);
  answer.writeUInt32LE(responses, 28);
  answer.set(payload, HEADER);
  return answer;
}
