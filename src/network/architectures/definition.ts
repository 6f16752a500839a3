import type { Architecture } from '../architecture.js';

/** One of the networks of Lin, Wang, Gao, Tang and Lee (2025), arXiv 2406.07843, or one like them. */
export interface ArchitectureDefinition {
  readonly network: Architecture;
  /** What predicts a neuron: `each predicted by <description>`. */
  readonly description: string;
  /** How its recipe, which has its name, departs from training all parameters together. */
  readonly stage?: TrainingStage;
  readonly published: PublishedLayers;
}

/** A stage of incremental learning. */
interface TrainingStage {
  /** The recipe whose networks it begins with. */
  readonly after: string;
  /** Prefixes of the names of parameters that are copied from there and stay fixed. */
  readonly frozen: readonly string[];
}

/** Names in the published PyTorch code. */
export interface PublishedLayers {
  /** The list of layers that the alpha blocks are in, and that of the beta blocks. */
  readonly alpha: string;
  readonly beta: string;
  /** Index of the first layer of the beta blocks in their list. */
  readonly firstBeta: number;
  /** The linear readout, unless it is split. */
  readonly readout: string;
}

/** One list of layers, without attention between them. */
export const PLAIN_LAYERS: PublishedLayers = {
  alpha: 'layers',
  beta: 'layers',
  firstBeta: 10,
  readout: 'Linear',
};

/** A list before the attention and one after it; the readout of the whole map. */
export const LAYERS_AROUND_ATTENTION: PublishedLayers = {
  alpha: 'a_cpbs',
  beta: 'b_cpbs',
  firstBeta: 0,
  readout: 'fcl',
};

/** The same; the readout of the centre. */
export const LAYERS_READ_AT_CENTRE: PublishedLayers = {
  ...LAYERS_AROUND_ATTENTION,
  readout: 'ctl',
};

/** All that comes before the readout of a network with self-attention. */
export const BEFORE_READOUT = ['alpha1.', 'alpha2.', 'attention.', 'beta1.', 'beta2.'] as const;
