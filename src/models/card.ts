import { z } from 'zod';
import { Architecture } from '../network/architecture.js';
import { ArchitectureId } from '../network/architectures/id.js';
import { SHARED_CORE_NAMES } from '../network/architectures/shared-cores.js';
import { ImportedNetwork } from '../network/imported/architecture.js';
import { SharedCore } from '../network/shared-core/architecture.js';
import { Monitor } from '../stimulus/colour/monitor.js';

const Sha256 = z.string().regex(/^[0-9a-f]{64}$/);
const Range = z.tuple([z.number(), z.number()]);
const Metric = z.number().nullable();

export const NeuronCard = z.strictObject({
  id: z.int().nonnegative(),
  /** Pearson correlation and peak tuning on the validation images, at the kept epoch. */
  CORR: Metric,
  PT_J: Metric,
  PT_S: Metric,
  /** The best correlation that the trial-to-trial noise allows, where repeats were given. */
  noiseCeiling: Metric,
  /** The epoch (from 1) whose weights were kept; null where no epoch of this training gave them, or improved on them. */
  keptEpoch: z.int().positive().nullable(),
  /** Where its training ended before the others': after which epoch (0: before the first), and why. */
  stopped: z.strictObject({ epoch: z.int().nonnegative(), reason: z.string() }).optional(),
});
export type NeuronCard = z.infer<typeof NeuronCard>;

export const StimulusCard = z.strictObject({
  height: z.int().positive(),
  width: z.int().positive(),
  /** 1 for gray images, 3 for RGB. */
  channels: z.union([z.literal(1), z.literal(3)]).default(1),
  /** The network sees `pixel * scale + offset`, with pixels in 0..1. */
  scale: z.number(),
  offset: z.number(),
  /** The mean gray, 0..1: the blank, and the background of every rendered stimulus. */
  backgroundGray: z.number().min(0).max(1),
  /** Degrees of visual angle over its width. */
  degreesPerImage: z.number().positive().nullable(),
  /** The monitor that showed colour stimuli, where it is known: directions of colour in DKL need it. */
  monitor: Monitor.optional(),
  /** Smallest and largest values over the training images; null where they are not known. */
  trainingRange: z
    .strictObject({
      mean: Range,
      /** Standard deviation of the pixels. */
      contrast: Range,
      /** Root mean square of the spatial frequency, weighted by power, in cycles per pixel. */
      spatialFrequency: Range,
    })
    .nullable(),
});
export type StimulusCard = z.infer<typeof StimulusCard>;

/** The model that a warm start began with. */
export const TrainedFrom = z.strictObject({
  model: z.string(),
  version: z.int().positive(),
  digest: Sha256,
  /** What was fitted: the readout alone, or what the recipe trains; `core`: new readouts of its core, which stayed. */
  fit: z.enum(['readout', 'all', 'core']),
});
export type Fit = z.infer<typeof TrainedFrom>['fit'];

/** Trials of a dataset that were trained on. */
export const UsedTrials = z.strictObject({
  /** With the training images of the dataset, or without them. */
  use: z.enum(['joined', 'alone']),
  count: z.int().positive(),
  /** Images among them that the dataset does not have. */
  newImages: z.int().nonnegative(),
  /** Of the log of trials. */
  digest: Sha256,
});
export type UsedTrials = z.infer<typeof UsedTrials>;

export const TrainingCard = z.strictObject({
  recipe: z.string(),
  seed: z.int(),
  epochs: z.int().positive(),
  batchSize: z.int().positive(),
  optimiser: z.strictObject({
    /** `adamw`: with a weight decay that is decoupled from the gradient. */
    name: z.enum(['adam', 'adamw']),
    learningRate: z.number(),
    beta1: z.number(),
    beta2: z.number(),
    epsilon: z.number(),
    weightDecay: z.number().nonnegative().optional(),
  }),
  loss: z.enum(['mse', 'poisson']),
  /**
   * `normalised`: each neuron was trained on responses with a mean of 0 and a standard deviation of 0.1 (1 with a shared
   * core), and its readout then took in the two, so that it predicts in the unit of the recording; `recorded`: on the
   * responses as they are.
   */
  responses: z.enum(['normalised', 'recorded']).default('recorded'),
  /** Where it was trained in stages: the model it began with, and what became of the frozen blocks. */
  base: z
    .strictObject({
      model: z.string(),
      digest: Sha256,
      /** `published`: they went on in training mode, as in the published code; `still`: they did not. */
      freeze: z.enum(['published', 'still']),
    })
    .optional(),
  /** Where it began with the networks of the same neurons in another model. */
  from: TrainedFrom.optional(),
  /**
   * The images on which the kept epoch was chosen. `validation`: those on which CORR above is
   * measured too; `heldout`: some of the training images, which were not trained on.
   */
  split: z.enum(['validation', 'heldout']),
  data: z.strictObject({
    site: z.string(),
    /** Those trained on. */
    trainingImages: z.int().positive(),
    heldOutImages: z.int().positive().optional(),
    /** What they were drawn by, where it is not the seed of the training: the members of an ensemble hold out the same. */
    heldOutSeed: z.int().optional(),
    validationImages: z.int().positive(),
    /** How many of the validation images are training images too, where there are any. */
    sharedImages: z.int().positive().optional(),
    /** The pixel value that was taken for white, where it was given. */
    white: z.number().positive().optional(),
    /** The trials that the dataset was given after it was made, where some were trained on. */
    trials: UsedTrials.optional(),
    /** sha256 of each file that was read, by its name. */
    digests: z.record(z.string(), Sha256),
  }),
  /** Where it holds a share of the site's neurons: share `index` (from 0) of `of`. */
  shard: z
    .strictObject({
      index: z.int().nonnegative(),
      of: z.int().positive(),
      siteNeurons: z.int().positive(),
      /** Ids of the neurons of all shares together, where they are not all of the site's. */
      neurons: z.array(NeuronCard.shape.id).optional(),
    })
    .optional(),
  backend: z.string(),
  codeVersion: z.string(),
  date: z.iso.datetime(),
  seconds: z.number().nonnegative(),
});
export type TrainingCard = z.infer<typeof TrainingCard>;

/** Of a model whose parameters another program trained. */
export const ImportCard = z.strictObject({
  importedFrom: z.enum(['pytorch', 'safetensors']),
  /** sha256 of each file that was read, by its name. */
  digests: z.record(z.string(), Sha256),
  codeVersion: z.string(),
  date: z.iso.datetime(),
});
export type ImportCard = z.infer<typeof ImportCard>;

/** Of a model whose network another program made, and whose graph it kept. */
export const NetworkImportCard = z.strictObject({
  importedFrom: z.literal('onnx'),
  /** Under which it may be used. */
  license: z.string(),
  /** Where it comes from: a paper, an address, a person. */
  source: z.string(),
  /** The program that wrote the graph. */
  producer: z.string(),
  /** sha256 of each file that was read, by its name. */
  digests: z.record(z.string(), Sha256),
  codeVersion: z.string(),
  date: z.iso.datetime(),
});
export type NetworkImportCard = z.infer<typeof NetworkImportCard>;

/** Of a model to measure with, whose parameters were drawn at random. */
export const MadeUpCard = z.strictObject({
  madeUp: z.literal('untrained'),
  seed: z.int(),
  codeVersion: z.string(),
});
export type MadeUpCard = z.infer<typeof MadeUpCard>;

/** Where the networks of a model come from. */
const Origin = z.union([TrainingCard, ImportCard, NetworkImportCard, MadeUpCard]);

/** How many members an ensemble has. */
export const MEMBERS = { least: 2, most: 32 } as const;

/** A network of an ensemble, which has the architecture, the stimulus and the neurons of the card. */
export const MemberCard = z.strictObject({
  /** Its file, which is one of the card's weights. */
  weights: z.string(),
  training: Origin,
  /** Its own correlation for each neuron, in the order of the card's neurons. */
  CORR: z.array(Metric).optional(),
});
export type MemberCard = z.infer<typeof MemberCard>;

/**
 * How far responses lie from predictions. The interval of a neuron whose members predict m with a standard deviation of
 * s is m ± factor·sqrt(s² + residual²) (split conformal prediction: Lei et al. 2018).
 */
export const Calibration = z.strictObject({
  /** Where it was learnt: images that no member was trained on. */
  split: z.literal('heldout'),
  images: z.int().positive(),
  intervals: z.array(
    z.strictObject({
      /** The share of responses that is meant to lie within. */
      nominal: z.union([z.literal(0.5), z.literal(0.8), z.literal(0.9), z.literal(0.95)]),
      factor: z.number().positive(),
      /** The share of responses to the validation images that lay within. */
      covered: z.number().min(0).max(1),
      /** Validation images that this was measured on. */
      images: z.int().positive(),
    }),
  ),
  /** What the members' standard deviation leaves out, for each neuron, in the unit of the responses. */
  residual: z.array(z.number().nonnegative()),
  /** How far the members are apart for 95 % of these images at most: a stimulus beyond gives a warning. */
  spread: z
    .strictObject({
      /** The standard deviation of each neuron, in the unit of the responses. */
      neurons: z.array(z.number().nonnegative()),
      /** The mean over the neurons of the standard deviation / its own limit. */
      mean: z.number().positive(),
    })
    .optional(),
});
export type Calibration = z.infer<typeof Calibration>;

/** Stimuli with the responses the model gave when it was saved: checked at every load. */
export const GoldenCard = z.strictObject({
  /** Each a row-major image of height x width x channels 8-bit values, in base64. */
  stimuli: z.array(z.base64()).min(1).max(64),
  /** Row = stimulus, column = neuron. */
  responses: z.array(z.array(z.number())).min(1),
});
export type GoldenCard = z.infer<typeof GoldenCard>;

/** A model's name, which is also that of its folder. */
export const ModelName = z
  .string()
  .regex(
    /^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/,
    'must be 1 to 64 letters, digits, dots, - or _, and begin with a letter or a digit',
  );

/** What a saved model says of itself. Unknown keys are errors. */
export const ModelCard = z.strictObject({
  formatVersion: z.literal(1),
  name: ModelName,
  version: z.int().positive(),
  architecture: z.union([
    z.strictObject({ id: ArchitectureId, ...Architecture.shape }),
    z.strictObject({ id: z.enum(SHARED_CORE_NAMES), ...SharedCore.shape }),
    z.strictObject({ id: z.literal('onnx'), ...ImportedNetwork.shape }),
  ]),
  stimulus: StimulusCard,
  response: z.strictObject({ unit: z.string() }),
  neurons: z.array(NeuronCard).min(1),
  /** Of an ensemble: that of its first member. */
  training: Origin,
  /** Of an ensemble, whose response is the mean of its members' responses. */
  members: z.array(MemberCard).min(MEMBERS.least).max(MEMBERS.most).optional(),
  /** Of an ensemble, where it was learnt. */
  calibration: Calibration.optional(),
  golden: GoldenCard,
  weights: z.array(z.strictObject({ file: z.string(), sha256: Sha256 })).min(1),
});
export type ModelCard = z.infer<typeof ModelCard>;
