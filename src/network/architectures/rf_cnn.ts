import { type ArchitectureDefinition, PLAIN_LAYERS } from './definition.js';

export const rf_cnn: ArchitectureDefinition = {
  network: {
    channels: 32,
    betaKernel: 1,
    attention: 'none',
    readout: 'centre',
    output: 'linear',
  },
  description: 'a convolutional network that sees only the receptive field',
  published: PLAIN_LAYERS,
};
