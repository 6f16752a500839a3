import type * as tf from '@tensorflow/tfjs';
import type { Readout } from '../layer.js';
import { centreIndex } from '../map.js';
import { sumParameters } from '../specification.js';
import { everywhere, row, weigh } from './parts.js';

/** A linear for the centre, one for the surround, and a linear that combines the two. */
export const split: Readout = {
  minCells: 2,
  last: 'readout.combiner',
  parameters: ({ height, width }, channels) => [
    ...sumParameters('readout.centre', [1, channels]),
    ...sumParameters('readout.surround', [height * width - 1, channels]),
    ...sumParameters('readout.combiner', [2]),
  ],
  requiredPart: (map) => ({ top: 0, left: 0, ...map }),
  forward(map, { read, linear, tf: { unstack } }) {
    const terms = [
      read(map, linear('readout.centre'), 'centre'),
      read(map, linear('readout.surround'), 'surround'),
    ] as const;
    const { weight, bias } = linear('readout.combiner'); // [N, 2]
    const [centre, surround] = unstack(weight, 1); // [N], [N]
    return terms[0]
      .mul<tf.Tensor2D>(centre!)
      .add(terms[1].mul(surround!))
      .add(bias.squeeze([1]));
  },
  terms(map, pass) {
    const [centre, surround] = [pass.linear('readout.centre'), pass.linear('readout.surround')];
    const combiner = pass.linear('readout.combiner');
    const [ofCentre, ofSurround] = pass.tf.split<tf.Tensor2D>(combiner.weight, 2, 1); // [N, 1] each
    const bias = centre.bias
      .mul(ofCentre!)
      .add(surround.bias.mul(ofSurround!))
      .add<tf.Tensor2D>(combiner.bias);
    return {
      centre: weigh(pass, map, centre.weight, 'centre').mul(row(ofCentre!)),
      surround: weigh(pass, map, surround.weight, 'surround').mul(row(ofSurround!)),
      bias: everywhere(map, bias),
    };
  },
  fold(parameters, map, channels) {
    const part = (name: string) => ({
      weight: parameters(`readout.${name}.weight`),
      bias: parameters(`readout.${name}.bias`)[0]!,
    });
    const [inner, outer, combiner] = [part('centre'), part('surround'), part('combiner')];
    const [forCentre, forSurround] = [combiner.weight[0]!, combiner.weight[1]!];
    const middle = centreIndex(map);
    return {
      weight(cell, channel) {
        if (cell === middle) return forCentre * inner.weight[channel]!;
        const place = cell < middle ? cell : cell - 1;
        return forSurround * outer.weight[place * channels + channel]!;
      },
      bias: forCentre * inner.bias + forSurround * outer.bias + combiner.bias,
    };
  },
};
