import { type ArchitectureDefinition, PLAIN_LAYERS } from './definition.js';

export const ff_cnn: ArchitectureDefinition = {
  network: {
    channels: 32,
    betaKernel: 3,
    attention: 'none',
    readout: 'full',
    output: 'linear',
  },
  description: 'a convolutional network over the whole image',
  published: PLAIN_LAYERS,
};
