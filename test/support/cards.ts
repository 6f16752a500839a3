import type { ServedModel } from '../../src/inference/catalogue.js';
import type { ModelCard } from '../../src/models/card.js';

/** A card of a model of 3x2 pixels with the neurons 0, 1, 2 and 7. */
export function tinyCard(name: string, version: number): ModelCard {
  const neuron = { CORR: 0.5, PT_J: 0.1, PT_S: 0.2, noiseCeiling: null, keptEpoch: 1 };
  return {
    formatVersion: 1,
    name,
    version,
    architecture: {
      id: 'rf_cnn',
      channels: 32,
      betaKernel: 1,
      attention: 'none',
      readout: 'centre',
      output: 'linear',
    },
    stimulus: {
      height: 3,
      width: 2,
      channels: 1,
      scale: 1,
      offset: 0,
      backgroundGray: 0.5,
      degreesPerImage: null,
      trainingRange: { mean: [0.2, 0.8], contrast: [0, 0.4], spatialFrequency: [0, 0.5] },
    },
    response: { unit: 'dF/F' },
    neurons: [0, 1, 2, 7].map((id) => ({ id, ...neuron })),
    training: {
      recipe: 'by hand',
      seed: 1,
      epochs: 1,
      batchSize: 1,
      optimiser: { name: 'adam', learningRate: 1e-3, beta1: 0.9, beta2: 0.999, epsilon: 1e-8 },
      loss: 'mse',
      responses: 'recorded',
      split: 'validation',
      data: { site: 'none', trainingImages: 1, validationImages: 1, digests: {} },
      backend: 'none',
      codeVersion: '0.0.0',
      date: '2025-01-01T00:00:00Z',
      seconds: 0,
    },
    golden: { stimuli: ['AAAAAAAA'], responses: [[0, 0, 0, 0]] },
    weights: [{ file: 'weights.safetensors', sha256: '0'.repeat(64) }],
  };
}

export function tinyModel(name: string, version: number): ServedModel {
  const digest = String(version).repeat(64);
  return { name, version, digest, card: tinyCard(name, version) };
}
