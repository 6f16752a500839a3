import * as Plot from '@observablehq/plot';
import sharp from 'sharp';
import {
  type AttentionMap,
  ATTENTION_STRIDE as STRIDE,
} from '../../../src/network/attention-map.js';
import { centreIndex } from '../../../src/network/layers/map.js';
import type { StimulusImage } from '../../../src/stimulus/stimuli.js';
import { draw, FAINT } from './figure.js';

/** In pixels. */
export interface ImageSize {
  readonly height: number;
  readonly width: number;
}

/** Covers an image, the more the stronger the attention is above even. */
const OVERLAY = [255, 96, 0] as const;

/** A colour scale, made for all kinds of colour vision: dark to light, or through white at 0. */
export interface HeatScale {
  readonly domain: readonly [number, number];
  /** As CSS has it. */
  colour(value: number): string;
}

/** From 0 up. */
export function sequentialScale(max: number): HeatScale {
  return heatScale('linear', 'inferno', [0, max]);
}

/** About 0, purple below and orange above. */
export function divergingScale(max: number): HeatScale {
  return heatScale('diverging', 'PuOr', [-max, max]);
}

/** From a tile's corner. */
const TILE = {
  x1: 'x',
  y1: 'y',
  x2: ({ x }: { x: number }) => x + STRIDE,
  y2: ({ y }: { y: number }) => y + STRIDE,
} as const;

/** A map of hypercolumns over the place of each one's receptive field in the image. */
export function drawAttentionMap(
  ariaLabel: string,
  values: Float64Array,
  map: AttentionMap,
  image: ImageSize,
  scale: HeatScale,
): string {
  const tiles = Array.from(values, (value, cell) => {
    const [x, y] = [(cell % map.width) * STRIDE, Math.floor(cell / map.width) * STRIDE];
    return { x: x + map.start[1], y: y + map.start[0], fill: scale.colour(value) };
  });
  const { height, width } = image;
  const axis = { ticks: 5, labelAnchor: 'center', labelArrow: 'none' } as const;
  return draw({
    ariaLabel,
    width: 250,
    height: 250,
    marginLeft: 40,
    marginTop: 10,
    marginRight: 10,
    marginBottom: 40,
    x: { ...axis, domain: [0, width], label: 'x (pixels)' },
    y: { ...axis, domain: [height, 0], label: 'y (pixels)' },
    marks: [
      Plot.frame({ stroke: FAINT }),
      Plot.rect(tiles, { ...TILE, fill: 'fill', inset: -0.2 }),
      ...['black', 'white'].map((stroke, i) =>
        Plot.rect([tiles[centreIndex(map)]!], {
          ...TILE,
          fill: 'none',
          stroke,
          strokeWidth: 2.6 - 1.4 * i,
        }),
      ),
    ],
  });
}

/**
 * An image, and the image with attention laid over it, as the text of an SVG element.
 * @param id of the image within the page
 * @param image with pixels 0..1, row-major
 * @param attention in multiples of even attention, which leaves the image as it is
 * @param max the attention that covers the image wholly, above 1
 */
export async function drawAttendedImage(
  id: string,
  image: StimulusImage,
  attention: Float64Array,
  map: AttentionMap,
  max: number,
): Promise<string> {
  const { height, width } = image;
  const bytes = Uint8Array.from(image.pixels, (pixel) => Math.round(pixel * 255));
  const heat = Array.from(attention, (value) => [
    ...OVERLAY,
    Math.round(255 * Math.max(0, Math.min(1, (value - 1) / (max - 1)))),
  ]);
  const stimulus = await pngUri(bytes, image, image.channels);
  const overlay = await pngUri(Uint8Array.from(heat.flat()), map, 4);
  const centre = centreIndex(map);
  const [startY, startX] = map.start;
  const around = (STRIDE - map.field) / 2;
  const left = (centre % map.width) * STRIDE + startX + around;
  const top = Math.floor(centre / map.width) * STRIDE + startY + around;
  const second = width + 4;
  const whole = `width="${width}" height="${height}"`;
  return (
    `<svg class="stimulus" viewBox="-0.5 -0.5 ${second + width + 1} ${height + 1}" role="img" ` +
    'aria-label="an image, and attention over it">' +
    `<defs><image id="${id}" href="${stimulus}" ${whole}/></defs>` +
    `<use href="#${id}"/><use href="#${id}" x="${second}"/>` +
    `<image href="${overlay}" x="${second + startX}" y="${startY}" width="${map.width * STRIDE}" ` +
    `height="${map.height * STRIDE}" class="heat"/>` +
    `<rect x="${left}" y="${top}" width="${map.field}" height="${map.field}" class="field"/>` +
    `<rect ${whole} class="edge"/><rect x="${second}" ${whole} class="edge"/></svg>`
  );
}

function heatScale(
  type: 'linear' | 'diverging',
  scheme: Plot.ColorScheme,
  domain: [number, number],
): HeatScale {
  const { apply } = Plot.scale({ color: { type, scheme, domain, clamp: true } });
  return { domain, colour: (value) => String(apply(value)) };
}

async function pngUri(
  bytes: Uint8Array,
  { height, width }: ImageSize,
  channels: 1 | 3 | 4,
): Promise<string> {
  const png = sharp(bytes, { raw: { width, height, channels } }).png({ compressionLevel: 9 });
  return `data:image/png;base64,${(await png.toBuffer()).toString('base64')}`;
}
