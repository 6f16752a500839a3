import type { Readout } from '../layer.js';
import { centreIndex } from '../map.js';
import { sumParameters } from '../specification.js';
import { everywhere, foldPlain, weigh } from './parts.js';

/** Linear over the whole map. */
export const full: Readout = {
  minCells: 1,
  last: 'readout',
  parameters: ({ height, width }, channels) => sumParameters('readout', [height, width, channels]),
  requiredPart: (map) => ({ top: 0, left: 0, ...map }),
  forward: (map, { read, linear }) => read(map, linear('readout'), 'whole'),
  terms(map, pass) {
    const { weight, bias } = pass.linear('readout');
    const [, height, width] = map.shape;
    const cells = height * width;
    const middle = centreIndex({ height, width });
    const stacked = weight.reshape([bias.shape[0], cells, -1]); // [N, cells, C]
    // zeros in the centre's place rather than a slice without it, which may be empty
    const elsewhere = new Float32Array(cells).fill(1);
    elsewhere[middle] = 0;
    return {
      centre: weigh(pass, map, stacked.slice([0, middle, 0], [-1, 1, -1]), 'centre'),
      surround: weigh(pass, map, stacked.mul(pass.tf.tensor3d(elsewhere, [1, cells, 1])), 'whole'),
      bias: everywhere(map, bias),
    };
  },
  fold: foldPlain,
};
