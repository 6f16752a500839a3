/**
 * Discrete Fourier transform of a square complex field, in place, without scaling (radix 2).
 * @param real, imaginary row-major, `side * side` values each
 * @param side a power of two
 */
export type FourierTransform = (real: Float64Array, imaginary: Float64Array) => void;

/** A transform for fields of one size; its tables are made once. */
export function createFourierTransform(side: number): FourierTransform {
  const bits = Math.log2(side);
  if (!Number.isInteger(bits)) throw new Error(`side ${side} is not a power of two`);
  const reversed = Int32Array.from({ length: side }, (_, i) => reverseBits(i, bits));
  const cosine = Float64Array.from({ length: side / 2 }, (_, i) =>
    Math.cos((2 * Math.PI * i) / side),
  );
  const sine = Float64Array.from({ length: side / 2 }, (_, i) =>
    Math.sin((-2 * Math.PI * i) / side),
  );

  function transformLine(re: Float64Array, im: Float64Array, start: number, stride: number): void {
    for (let i = 0; i < side; i++) {
      const j = reversed[i]!;
      if (j <= i) continue;
      swap(re, start + i * stride, start + j * stride);
      swap(im, start + i * stride, start + j * stride);
    }
    for (let half = 1; half < side; half *= 2) {
      const step = side / (2 * half);
      for (let k = 0; k < half; k++) {
        const c = cosine[k * step]!;
        const s = sine[k * step]!;
        for (let i = k; i < side; i += 2 * half) {
          const a = start + i * stride;
          const b = a + half * stride;
          const turnedRe = re[b]! * c - im[b]! * s;
          const turnedIm = re[b]! * s + im[b]! * c;
          re[b] = re[a]! - turnedRe;
          im[b] = im[a]! - turnedIm;
          re[a] = re[a]! + turnedRe;
          im[a] = im[a]! + turnedIm;
        }
      }
    }
  }

  return (real, imaginary) => {
    for (let i = 0; i < side; i++) transformLine(real, imaginary, i * side, 1);
    for (let i = 0; i < side; i++) transformLine(real, imaginary, i, side);
  };
}

function reverseBits(value: number, bits: number): number {
  let result = 0;
  for (let bit = 0; bit < bits; bit++) result |= ((value >> bit) & 1) << (bits - 1 - bit);
  return result;
}

function swap(values: Float64Array, a: number, b: number): void {
  const value = values[a]!;
  values[a] = values[b]!;
  values[b] = value;
}
