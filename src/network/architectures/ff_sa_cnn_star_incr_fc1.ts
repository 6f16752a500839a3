import {
  type ArchitectureDefinition,
  BEFORE_READOUT,
  LAYERS_AROUND_ATTENTION,
} from './definition.js';

export const ff_sa_cnn_star_incr_fc1: ArchitectureDefinition = {
  network: {
    channels: 30,
    betaKernel: 1,
    attention: 'mapped',
    readout: 'split',
    output: 'linear',
  },
  description:
    'a network with readouts of centre and surround, with self-attention across the image, trained one after the other',
  stage: { after: 'rf_sa_cnn_star_incr', frozen: [...BEFORE_READOUT, 'readout.centre.'] },
  published: LAYERS_AROUND_ATTENTION,
};
