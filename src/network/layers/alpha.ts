import { foldConvolution } from './convolution-fold.js';
import type { Layer } from './layer.js';
import type { MapSize } from './map.js';
import { convolutionParameters, normParameters } from './specification.js';

/** Side of the alpha convolutions. */
export const ALPHA_KERNEL = 5;

/**
 * A 5x5 convolution, a 2x2 max pool that drops odd rows and columns at the end, batch norm and a sigmoid.
 * @param from channels of its input; of the stimuli, 1 or 3
 */
export function alphaLayer(block: string, from: number, to: number, ofStimuli: boolean): Layer {
  const before = (cells: number) => 2 * cells + ALPHA_KERNEL - 1;
  const after = (cells: number) => Math.floor((cells - ALPHA_KERNEL + 1) / 2);
  return {
    block,
    parameters: [
      ...convolutionParameters(block, ALPHA_KERNEL, from, to),
      ...normParameters(block, to),
    ],
    hasDropout: true,
    operation: { kind: ofStimuli ? 'ofStimulus' : 'byTiles', kernel: ALPHA_KERNEL },
    outputSize: ({ height, width }) => ({ height: after(height), width: after(width) }),
    requiredPart: ({ top, left, height, width }) => ({
      top: 2 * top,
      left: 2 * left,
      height: before(height),
      width: before(width),
    }),
    multiplications: ({ height, width }: MapSize) =>
      4 * height * width * ALPHA_KERNEL ** 2 * from * to,

    forward(map, pass) {
      const pooled = ofStimuli
        ? pass.convolveStimuliAndPool(block, map)
        : pass.maxPool(pass.convolve(block, map));
      // The bias commutes with the pool, which leaves less to add it to.
      return pass.activate(block, pass.addBias(block, pooled));
    },

    // The pool comes before batch norm, so the fold minds negative scales.
    fold: (place) =>
      foldConvolution({ block, kernel: ALPHA_KERNEL, from, to, ofStimuli, pooled: true }, place),
  };
}
