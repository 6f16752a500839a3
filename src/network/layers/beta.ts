import { foldConvolution } from './convolution-fold.js';
import type { Layer } from './layer.js';
import type { MapSize } from './map.js';
import { convolutionParameters, normParameters } from './specification.js';

/** A convolution, batch norm and a sigmoid. */
export function betaLayer(
  block: string,
  kernel: number,
  channels: number,
  hasDropout: boolean,
): Layer {
  const grown = ({ height, width }: MapSize, by: number): MapSize => ({
    height: height + by,
    width: width + by,
  });
  return {
    block,
    parameters: [
      ...convolutionParameters(block, kernel, channels, channels),
      ...normParameters(block, channels),
    ],
    hasDropout,
    operation: { kind: 'direct', kernel },
    outputSize: (input) => grown(input, 1 - kernel),
    requiredPart: (part) => ({ ...part, ...grown(part, kernel - 1) }),
    multiplications: ({ height, width }) => height * width * (kernel * channels) ** 2,

    forward: (map, pass) => pass.activate(block, pass.addBias(block, pass.convolve(block, map))),

    fold: (place) =>
      foldConvolution(
        { block, kernel, from: channels, to: channels, ofStimuli: false, pooled: false },
        place,
      ),
  };
}
