import {
  type ArchitectureDefinition,
  BEFORE_READOUT,
  LAYERS_AROUND_ATTENTION,
} from './definition.js';

export const ff_sa_cnn_star_incr_fc2: ArchitectureDefinition = {
  network: {
    channels: 30,
    betaKernel: 1,
    attention: 'mapped',
    readout: 'full',
    output: 'linear',
  },
  description:
    'a network with readouts of centre and surround, with self-attention across the image, trained one after the other',
  stage: { after: 'rf_sa_cnn_star_incr', frozen: BEFORE_READOUT },
  published: LAYERS_AROUND_ATTENTION,
};
