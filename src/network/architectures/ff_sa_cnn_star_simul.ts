import { type ArchitectureDefinition, LAYERS_AROUND_ATTENTION } from './definition.js';

export const ff_sa_cnn_star_simul: ArchitectureDefinition = {
  network: {
    channels: 30,
    betaKernel: 1,
    attention: 'mapped',
    readout: 'full',
    output: 'linear',
  },
  description:
    'a network with readouts of centre and surround, with self-attention across the image, all trained together',
  published: LAYERS_AROUND_ATTENTION,
};
