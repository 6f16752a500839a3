import { useLayoutEffect, useRef } from 'preact/hooks';

export interface PixelsProps {
  readonly label: string;
  /** Values of 0..1 in row-major order: one for each pixel, or three in colour. */
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
    const isColour = values.length === 3 * width * height;
    for (let i = 0; i < width * height; i++) {
      image.data.set(isColour ? rgb(values, i) : colour(values[i]!), 4 * i);
    }
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

/** Returns the colour of pixel `i` of an image in colour. */
function rgb(values: ArrayLike<number>, i: number): readonly [number, number, number, number] {
  const level = (channel: number) => Math.round(255 * values[3 * i + channel]!);
  return [level(0), level(1), level(2), 255];
}

/** Returns the gray for a value: 0 is black, 1 is white. */
function gray(value: number): readonly [number, number, number, number] {
  const level = Math.round(255 * value);
  return [level, level, level, 255];
}
