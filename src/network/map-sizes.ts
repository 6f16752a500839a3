import { InputError } from '../errors.js';
import type { Architecture } from './architecture.js';
import { createLayers, READOUTS } from './architecture.js';
import type { MapSize } from './layers/map.js';
import { channelsOf, type StimulusSize } from './stimulus-size.js';

/** The maps that a stimulus passes through. */
export interface MapSizes {
  /** After the first alpha block: 23x23 for 50x50 pixels. */
  readonly alpha1: MapSize;
  /** After the second: the map of hypercolumns, 9x9. */
  readonly hypercolumns: MapSize;
  /** What the readout sees: 5x5 with 3x3 beta convolutions, 9x9 with 1x1. */
  readonly readout: MapSize;
}

/**
 * Sizes of the maps for a stimulus of height x width pixels.
 * @throws InputError when the stimulus is too small for the network, naming the smallest that it takes
 * @example
 * mapSizes(ARCHITECTURES.rf_cnn.network, 48, 64).hypercolumns; // { height: 9, width: 13 }
 */
export function mapSizes(architecture: Architecture, height: number, width: number): MapSizes {
  const [, alpha1, hypercolumns, ...later] = listMapSizes(architecture, { height, width });
  const readout = later.at(-1)!;
  const cells = Math.max(0, readout.height) * Math.max(0, readout.width);
  if (cells < READOUTS[architecture.readout].minCells) {
    throw new InputError(
      `the stimulus is too small for this network: ${height}x${width} pixels; expected at least ` +
        smallestSizes(architecture),
    );
  }
  return { alpha1: alpha1!, hypercolumns: hypercolumns!, readout };
}

/** Such as `16x16`; a split readout needs a surround, above and below or on the left and right: `16x20 or 20x16`. */
function smallestSizes(architecture: Architecture): string {
  const { minCells } = READOUTS[architecture.readout];
  const [short, long] = [smallestSide(architecture, 1), smallestSide(architecture, minCells)];
  return short === long ? `${short}x${short}` : `${short}x${long} or ${long}x${short}`;
}

/** The fewest pixels along a side that become some cells of the map that the readout sees. */
function smallestSide(architecture: Architecture, cells: number): number {
  let side = 1;
  while (listMapSizes(architecture, { height: side, width: side }).at(-1)!.height < cells) side++;
  return side;
}

/** Sizes of the stimulus and of each layer's output. */
export function listMapSizes(architecture: Architecture, stimulus: StimulusSize): MapSize[] {
  const sizes = [stimulus];
  for (const layer of createLayers(architecture, channelsOf(stimulus)))
    sizes.push(layer.outputSize(sizes.at(-1)!));
  return sizes;
}
