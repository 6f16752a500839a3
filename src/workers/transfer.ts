const TRANSFERRED = new WeakMap<object, ArrayBuffer[]>();

/**
 * Has an argument or a result of a call move its memory to another thread instead of copying it; it can
 * no longer be used here. Between processes everything is copied.
 * @param buffers the memory, of which what threads share stays where it is
 * @returns the value itself
 * @example
 * return transfer(values, [values.buffer]);
 */
export function transfer<Value extends object>(
  value: Value,
  buffers: readonly ArrayBufferLike[],
): Value {
  const movable = new Set(buffers.filter((buffer) => buffer instanceof ArrayBuffer));
  TRANSFERRED.set(value, [...movable]);
  return value;
}

/** The memory of an array, to be transferred; none where that memory holds something else too. */
export function ownMemory({ buffer, byteLength }: Uint8Array): ArrayBufferLike[] {
  return buffer.byteLength === byteLength ? [buffer] : [];
}

/** The memory that moves with the values of a message. */
export function transferredWith(values: readonly unknown[]): ArrayBuffer[] {
  return values.flatMap((value) =>
    typeof value === 'object' && value !== null ? (TRANSFERRED.get(value) ?? []) : [],
  );
}
