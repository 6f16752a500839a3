import { useLayoutEffect, useRef } from 'preact/hooks';

export interface PixelsProps {
  readonly label: string;
  /** Pixel values in row-major order. */
  readonly values: ArrayLike<number>;
  readonly height: number;
  readonly width: number;
  /** Returns red, green, blue and opacity for a value, each 0..255. */
  readonly colour?: (value: number) => readonly [number, number, number, number];
}

/** Draws an image, one square of colour for each pixel. */
export function Pixels({ label, values, height, width, colour = gray }: PixelsProps) {
  const canvas = useRef<HTMLCanvasElement>(null);
  useLayoutEffect(() => {
    const context = canvas.current!.getContext('2d')!;
    const image = context.createImageData(width, height);
    for (let i = 0; i < width * height; i++) image.data.set(colour(values[i]!), 4 * i);
    context.putImageData(image, 0, 0);
  }, [values, height, width, colour]);
  return (
    <canvas
      class="pixels"
      ref={canvas}
      width={width}
      height={height}
      role="img"
      aria-label={label}
    />
  );
}

/** Returns the gray for a value: 0 is black, 1 is white. */
function gray(value: number): readonly [number, number, number, number] {
  const level = Math.round(255 * value);
  return [level, level, level, 255];
}
