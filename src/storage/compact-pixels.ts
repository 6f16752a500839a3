/**
 * Pixels in the smallest element type that gives them back exactly: uint8 (value * 255), uint16
 * (value * 65535), else float32 as they are. The two zeros of floating point count as one.
 */
export function compactPixels(pixels: Float32Array): Uint8Array | Uint16Array | Float32Array {
  return (
    asIntegers(pixels, 255, new Uint8Array(pixels.length)) ??
    asIntegers(pixels, 65535, new Uint16Array(pixels.length)) ??
    pixels
  );
}

function asIntegers<T extends Uint8Array | Uint16Array>(
  pixels: Float32Array,
  white: number,
  levels: T,
): T | undefined {
  for (let i = 0; i < pixels.length; i++) {
    const level = Math.round(pixels[i]! * white);
    if (Math.fround(level / white) !== pixels[i]) return undefined;
    levels[i] = level;
  }
  return levels;
}
