import { type ArchitectureDefinition, LAYERS_READ_AT_CENTRE } from './definition.js';

export const rf_sa_cnn: ArchitectureDefinition = {
  network: {
    channels: 30,
    betaKernel: 1,
    attention: 'identity',
    readout: 'centre',
    output: 'linear',
  },
  description:
    'a convolutional network read only at the receptive field, with self-attention across the image',
  published: LAYERS_READ_AT_CENTRE,
};
