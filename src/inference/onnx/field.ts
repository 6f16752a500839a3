import {
  ALPHA_KERNEL,
  type Architecture,
  type MapSize,
  mapSizes,
} from '../../network/architecture.js';
import type { StimulusSize } from '../../network/parameters.js';

/** A part of a map or of a stimulus. */
export interface Box extends MapSize {
  readonly top: number;
  readonly left: number;
}

/** What of each map reaches the readout; the rest need not be computed. */
export interface Field {
  readonly pixels: Box;
  /** The hypercolumns that those pixels become. */
  readonly hypercolumns: MapSize;
  /** Those of them that are looked at beyond attention, within the map of `hypercolumns`. */
  readonly seen: Box;
  /** The map that the readout reads, whole. */
  readonly readout: MapSize;
}

/**
 * The field of a network: a readout of the centre sees one hypercolumn, and through 3x3 beta
 * convolutions its neighbours; attention looks at all of them, whatever looks at its outcome. The odd
 * rows and columns that the pools drop are in no field.
 */
export function fieldOf(architecture: Architecture, stimulus: StimulusSize): Field {
  const { hypercolumns: all, readout } = mapSizes(architecture, stimulus.height, stimulus.width);
  const whole: Box = { top: 0, left: 0, ...all };
  const central = architecture.readout === 'centre';
  const seen = central ? centreBox(readout, 2 * architecture.betaKernel - 1) : whole;
  const computed = architecture.attention === 'none' ? seen : whole;
  return {
    pixels: pixelsOf(computed),
    hypercolumns: { height: computed.height, width: computed.width },
    seen: { ...seen, top: seen.top - computed.top, left: seen.left - computed.left },
    readout: central ? { height: 1, width: 1 } : readout,
  };
}

/** The hypercolumns, `side` of them each way, that the centre of the readout's map sees. */
function centreBox(readout: MapSize, side: number): Box {
  const [top, left] = [Math.floor(readout.height / 2), Math.floor(readout.width / 2)];
  return { top, left, height: side, width: side };
}

/** The pixels that become some hypercolumns: two convolutions, each with a pool that halves. */
function pixelsOf({ top, left, height, width }: Box): Box {
  const before = (cells: number) => 2 * cells + ALPHA_KERNEL - 1;
  return {
    top: 4 * top,
    left: 4 * left,
    height: before(before(height)),
    width: before(before(width)),
  };
}
