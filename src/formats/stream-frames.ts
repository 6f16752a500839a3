/** Of the pixels of a stream: `uint8` (0..255) or `float32` (0..1). */
export type PixelType = 'uint8' | 'float32';

/** Bytes before the pixels of a frame: the client's own timestamp. A clock probe has no more than this. */
export const STAMP = 8;

/** Bytes before the responses of an answer, or before the text of a refusal. */
const HEADER = 32;

/** Bytes of the service's timestamps, which follow the header where a stream has them. */
const SERVICE_STAMPS = 16;

/** Bytes before the responses of an answer. */
export function headerBytes(hasStamps: boolean): number {
  return hasStamps ? HEADER + SERVICE_STAMPS : HEADER;
}

/** The flags of an answer, one bit each. */
export const FLAGS = {
  /** The service is shutting down and will soon close the stream. */
  closing: 1,
  /** The RMS contrast of the image is outside that of the training images. */
  outside: 2,
} as const;

/** Bytes of a frame that a client sends: its timestamp, then the pixels, row-major, the channels of each together. */
export function frameBytes(
  image: { readonly height: number; readonly width: number; readonly channels: number },
  dtype: PixelType,
): number {
  return STAMP + image.height * image.width * image.channels * (dtype === 'uint8' ? 1 : 4);
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

/** The fields before the responses of an answer. */
export interface AnswerHeader {
  /** Number of the frame in its stream, from 0; written modulo 2^32. */
  readonly sequence: number;
  /** As of HTTP: 200 where responses follow, else why there are none. */
  readonly status: number;
  readonly flags: number;
  readonly times: FrameTimes;
}

/** By the clock of the service: nanoseconds of Unix time. */
export interface ServiceStamps {
  /** When the service read the frame. */
  readonly received: bigint;
  /** When it sent the answer. */
  readonly sent: bigint;
}

/** An answer as a client reads it. */
export interface StreamAnswer extends AnswerHeader {
  /** The client's own. */
  readonly stamp: bigint;
  readonly responses: Float32Array;
  /** Why there are no responses, where the status is not 200. */
  readonly message: string;
  /** Where the stream was opened with them. */
  readonly service?: ServiceStamps;
}

/**
 * An answer to a frame, little-endian: the header of 32 bytes, 16 bytes for the timestamps of the service where the
 * stream has them, then float32 responses, or UTF-8 text where the status is not 200.
 * @param frame the timestamp in it is given back
 * @param hasStamps whether there is room for the timestamps of the service, which `stampAnswer` writes
 */
export function encodeAnswer(
  frame: Uint8Array,
  { sequence, status, flags, times }: AnswerHeader,
  content: Float32Array | string,
  hasStamps: boolean,
): Uint8Array {
  const responses = typeof content === 'string' ? 0 : content.length;
  const payload =
    typeof content === 'string'
      ? new TextEncoder().encode(content)
      : new Uint8Array(content.buffer, content.byteOffset, content.byteLength);
  const start = headerBytes(hasStamps);
  const answer = new Uint8Array(start + payload.length);
  const view = new DataView(answer.buffer);
  view.setUint32(0, sequence >>> 0, true);
  view.setUint16(4, status, true);
  view.setUint16(6, flags, true);
  answer.set(frame.subarray(0, STAMP), 8);
  view.setFloat32(16, times.decode, true);
  view.setFloat32(20, times.queue, true);
  view.setFloat32(24, times.infer, true);
  view.setUint32(28, responses, true);
  answer.set(payload, start);
  return answer;
}

/** Writes the timestamps of the service into an answer that has room for them. */
export function stampAnswer(answer: Uint8Array, { received, sent }: ServiceStamps): void {
  const view = new DataView(answer.buffer, answer.byteOffset);
  view.setBigUint64(HEADER, received, true);
  view.setBigUint64(HEADER + 8, sent, true);
}

/** A client's frame: its timestamp, then the pixels. */
export function encodeFrame(
  pixels: Uint8Array | Float32Array,
  stamp: bigint,
): Uint8Array<ArrayBuffer> {
  const frame = new Uint8Array(STAMP + pixels.byteLength);
  new DataView(frame.buffer).setBigUint64(0, stamp, true);
  frame.set(new Uint8Array(pixels.buffer, pixels.byteOffset, pixels.byteLength), STAMP);
  return frame;
}

/** Reads an answer as `encodeAnswer` and `stampAnswer` write it. */
export function decodeAnswer(bytes: Uint8Array, hasStamps: boolean): StreamAnswer {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const count = view.getUint32(28, true);
  const start = headerBytes(hasStamps);
  return {
    sequence: view.getUint32(0, true),
    status: view.getUint16(4, true),
    flags: view.getUint16(6, true),
    stamp: view.getBigUint64(8, true),
    times: {
      decode: view.getFloat32(16, true),
      queue: view.getFloat32(20, true),
      infer: view.getFloat32(24, true),
    },
    responses: Float32Array.from({ length: count }, (_, i) => view.getFloat32(start + 4 * i, true)),
    message: new TextDecoder().decode(bytes.subarray(start + 4 * count)),
    ...(hasStamps
      ? {
          service: {
            received: view.getBigUint64(HEADER, true),
            sent: view.getBigUint64(HEADER + 8, true),
          },
        }
      : {}),
  };
}
