import { type Architecture, centreIndex, type MapSize } from '../../network/architecture.js';
import type { NeuronParameters } from './fold.js';

/** A linear readout of a whole map: weight [N, padded·cells, 1], bias [N]. */
export interface Readout {
  readonly weight: Float32Array;
  readonly bias: Float32Array;
}

/**
 * The readout of each neuron as one weighted sum over the map that it reads; one for the centre and
 * one for the surround, and what combines them, are together a weighted sum too.
 * @param map the cells that it reads
 */
export function foldReadout(
  { readout, channels }: Architecture,
  neurons: readonly NeuronParameters[],
  map: MapSize,
  padded: number,
): Readout {
  const cells = map.height * map.width;
  const weight = new Float32Array(neurons.length * padded * cells);
  const bias = new Float32Array(neurons.length);
  for (const [row, parameters] of neurons.entries()) {
    const sum = readout === 'split' ? splitSum(parameters, centreIndex(map)) : plainSum(parameters);
    bias[row] = sum.bias;
    for (let cell = 0; cell < cells; cell++) {
      for (let channel = 0; channel < channels; channel++) {
        weight[(row * padded + channel) * cells + cell] = sum.weight(cell, channel, channels);
      }
    }
  }
  return { weight, bias };
}

interface Sum {
  readonly weight: (cell: number, channel: number, channels: number) => number;
  readonly bias: number;
}

function plainSum(parameters: NeuronParameters): Sum {
  const weight = parameters('readout.weight'); // [cells, C]
  return {
    weight: (cell, channel, channels) => weight[cell * channels + channel]!,
    bias: parameters('readout.bias')[0]!,
  };
}

function splitSum(parameters: NeuronParameters, centre: number): Sum {
  const part = (name: string) => ({
    weight: parameters(`readout.${name}.weight`),
    bias: parameters(`readout.${name}.bias`)[0]!,
  });
  const [inner, outer, combiner] = [part('centre'), part('surround'), part('combiner')];
  const [forCentre, forSurround] = [combiner.weight[0]!, combiner.weight[1]!];
  return {
    weight(cell, channel, channels) {
      if (cell === centre) return forCentre * inner.weight[channel]!;
      const row = cell < centre ? cell : cell - 1;
      return forSurround * outer.weight[row * channels + channel]!;
    },
    bias: forCentre * inner.bias + forSurround * outer.bias + combiner.bias,
  };
}
