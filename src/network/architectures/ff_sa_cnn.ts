import { type ArchitectureDefinition, LAYERS_AROUND_ATTENTION } from './definition.js';

export const ff_sa_cnn: ArchitectureDefinition = {
  network: {
    channels: 30,
    betaKernel: 3,
    attention: 'mapped',
    readout: 'full',
    output: 'linear',
  },
  description: 'a convolutional network over the whole image, with self-attention across the image',
  published: LAYERS_AROUND_ATTENTION,
};
