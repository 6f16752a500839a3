import { type ArchitectureDefinition, LAYERS_READ_AT_CENTRE } from './definition.js';

export const rf_sa_cnn_star_incr: ArchitectureDefinition = {
  network: {
    channels: 30,
    betaKernel: 1,
    attention: 'mapped',
    readout: 'centre',
    output: 'linear',
  },
  description:
    'a receptive-field network with self-attention across the image, trained one after the other',
  stage: { after: 'rf_cnn_30', frozen: ['alpha1.', 'alpha2.'] },
  published: LAYERS_READ_AT_CENTRE,
};
