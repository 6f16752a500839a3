/** Numbers of IEEE 754 binary16, by their bits, as float32 of the same value. */
export function fromHalf(bits: Uint16Array): Float32Array {
  return Float32Array.from(bits, decodeHalf);
}

/** One bit of sign, five of exponent, ten of fraction. */
function decodeHalf(bits: number): number {
  const sign = bits & 0x8000 ? -1 : 1;
  const exponent = (bits >> 10) & 0x1f;
  const fraction = bits & 0x3ff;
  if (exponent === 0) return sign * fraction * 2 ** -24;
  if (exponent === 0x1f) return fraction === 0 ? sign * Number.POSITIVE_INFINITY : Number.NaN;
  return sign * (1 + fraction / 1024) * 2 ** (exponent - 15);
}

/**
 * Numbers rounded to the bits of the nearest IEEE 754 binary16, half-way ones to the even one.
 * @example
 * toHalf(Float32Array.of(1, 65520)); // Uint16Array [ 0x3c00, 0x7c00 ]: 1 and infinity
 */
export function toHalf(values: Float32Array): Uint16Array {
  return Uint16Array.from(
    new Uint32Array(values.buffer, values.byteOffset, values.length),
    encodeHalf,
  );
}

/** @param bits of a float32: one of sign, eight of exponent, 23 of fraction */
function encodeHalf(bits: number): number {
  const sign = (bits >>> 16) & 0x8000;
  const size = bits & 0x7fffffff;
  if (size > 0x7f800000) return sign | 0x7e00; // not a number
  const exponent = (size >>> 23) - 127;
  if (exponent > 15) return sign | 0x7c00;
  if (exponent < -25) return sign;
  const fraction = (size & 0x7fffff) | 0x800000;
  const isNormal = exponent >= -14;
  const dropped = isNormal ? 13 : -1 - exponent;
  const kept = fraction >>> dropped;
  const rest = fraction & ((1 << dropped) - 1);
  const middle = 1 << (dropped - 1);
  const up = rest > middle || (rest === middle && (kept & 1) === 1) ? 1 : 0;
  // A carry out of the fraction rightly raises the exponent.
  return sign | (isNormal ? ((exponent + 14) << 10) + kept + up : kept + up);
}
