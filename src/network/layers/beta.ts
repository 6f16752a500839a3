import { addConvolution } from './convolution-fold.js';
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
    outputSize: (input) => grown(input, 1 - kernel),
    requiredPart: (part) => ({ ...part, ...grown(part, kernel - 1) }),
    multiplications: ({ height, width }) => height * width * (kernel * channels) ** 2,

    forward: (map, pass) => pass.activate(block, pass.addBias(block, pass.convolve(block, map))),

    toOnnx(map, site) {
      const { graph, neurons, padded } = site;
      const from = channels;
      const sizes = { kernel, from, to: channels, paddedFrom: padded, paddedTo: padded };
      const how = { groups: neurons.length, pooled: false };
      const { value, relations } = addConvolution(block, map, site, sizes, how);
      return { value: graph.add('Sigmoid', [value]), relations };
    },
  };
}
