import type { Readout } from '../layer.js';
import { sumParameters } from '../specification.js';
import { everywhere, foldPlain, weigh } from './parts.js';

/** Linear over the centre hypercolumn alone. */
export const centre: Readout = {
  minCells: 1,
  last: 'readout',
  parameters: (_, channels) => sumParameters('readout', [1, 1, channels]),
  requiredPart: ({ height, width }) => ({
    top: Math.floor(height / 2),
    left: Math.floor(width / 2),
    height: 1,
    width: 1,
  }),
  forward: (map, { read, linear }) => read(map, linear('readout'), 'centre'),
  terms(map, pass) {
    const { weight, bias } = pass.linear('readout');
    const ofCentre = weigh(pass, map, weight, 'centre');
    return {
      centre: ofCentre,
      surround: pass.tf.zerosLike(ofCentre),
      bias: everywhere(map, bias),
    };
  },
  fold: foldPlain,
};
