/** Bytes of the length before each message: a uint32, little-endian. */
const PREFIX = 4;

/** A message whose announced length is more than is read. */
export interface TooLong {
  /** Its length in bytes. */
  readonly tooLong: number;
}

/** Splits what comes over a connection into messages. */
export interface MessageReader {
  push(bytes: Uint8Array): void;
  /**
   * The next message; undefined until all of it has arrived.
   * @param longest bytes; of a longer message no memory is taken, and nothing more can be read
   */
  next(longest: number): Uint8Array | TooLong | undefined;
  /** Whether a part of a message has arrived. */
  readonly isInside: boolean;
}

/** Reads messages that are each preceded by their length. */
export function createMessageReader(): MessageReader {
  const prefix = new Uint8Array(PREFIX);
  let prefixFilled = 0;
  let message: Uint8Array | undefined;
  let filled = 0;
  /** What was pushed and not taken. */
  let rest: Uint8Array = new Uint8Array();
  return {
    push(bytes) {
      rest = rest.length === 0 ? bytes : joined(rest, bytes);
    },
    next(longest) {
      if (message === undefined) {
        prefixFilled += take(prefix, prefixFilled);
        if (prefixFilled < PREFIX) return undefined;
        const length = new DataView(prefix.buffer).getUint32(0, true);
        if (length > longest) return { tooLong: length };
        message = new Uint8Array(length);
        filled = 0;
      }
      filled += take(message, filled);
      if (filled < message.length) return undefined;
      const whole = message;
      message = undefined;
      prefixFilled = 0;
      return whole;
    },
    get isInside() {
      return prefixFilled > 0 || rest.length > 0;
    },
  };

  /** @returns how many bytes were taken */
  function take(into: Uint8Array, at: number): number {
    const count = Math.min(into.length - at, rest.length);
    into.set(rest.subarray(0, count), at);
    rest = rest.subarray(count);
    return count;
  }
}

function joined(first: Uint8Array, second: Uint8Array): Uint8Array {
  const both = new Uint8Array(first.length + second.length);
  both.set(first);
  both.set(second, first.length);
  return both;
}

/** A message after its length. */
export function withLength(message: Uint8Array): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(PREFIX + message.length);
  new DataView(bytes.buffer).setUint32(0, message.length, true);
  bytes.set(message, PREFIX);
  return bytes;
}
