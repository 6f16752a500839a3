import { type ArchitectureDefinition, LAYERS_READ_AT_CENTRE } from './definition.js';

export const rf_sa_cnn_star_simul: ArchitectureDefinition = {
  network: {
    channels: 30,
    betaKernel: 1,
    attention: 'mapped',
    readout: 'centre',
    output: 'linear',
  },
  description:
    'a receptive-field network with self-attention across the image, all trained together',
  published: LAYERS_READ_AT_CENTRE,
};
