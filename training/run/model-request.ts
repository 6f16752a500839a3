import type { TrainingCard } from '../../src/models/card.js';
import type { Repeats } from '../data/repeats-file.js';
import type { Site } from '../data/site.js';
import type { TrainingBackend } from '../kernels/training-backend.js';
import type { Memory } from './chunk.js';
import type { Signals } from './interruption.js';
import type { TrainingReport } from './population.js';
import type { ProgressStream, StagePlan } from './progress.js';
import type { Shard } from './shards/shard.js';
import type { Base } from './stages.js';
import type { WarmStart } from './warm-start.js';

/** What to train, on what, and where to save it. */
export interface ModelRequest {
  readonly site: Site;
  /** Of the validation images, for the noise ceiling. */
  readonly repeats: Repeats | null;
  /** Trials that a training image has, for the most part; without, 1. */
  readonly trainingTrials?: number | undefined;
  readonly backend: TrainingBackend;
  /** Name of a recipe. */
  readonly recipe: string;
  /** Trained with seeds that follow each other, as one model, 2 to 32; without, a model of one seed. */
  readonly members?: number | undefined;
  /** Instead of the recipe's, for each stage, or of a warm start's. */
  readonly epochs: number | undefined;
  readonly seed: number;
  /** Draws the held-out images; without, `seed` does. */
  readonly heldOutSeed?: number | undefined;
  readonly loss: TrainingCard['loss'];
  /** Whether each neuron is trained on responses in its own scale. */
  readonly responses: TrainingCard['responses'];
  /** The images on which each neuron's kept epoch is chosen. */
  readonly select: TrainingCard['split'];
  /** Whether the blocks that a stage does not train stay in training mode, as in the published code. */
  readonly freeze: Base['freeze'];
  /** Ids of the neurons that get a network: columns of the site's responses; without, all of them. */
  readonly neurons: readonly number[] | undefined;
  /** Neurons trained together; without, as many as memory allows. */
  readonly chunk: number | undefined;
  /** Without, all these neurons. */
  readonly shard: Shard | undefined;
  /** The model whose networks the training begins with; without, it begins anew. */
  readonly from: WarmStart | undefined;
  /** Whether to continue from a checkpoint where there is one. */
  readonly resume: boolean;
  /** Whether to wait while another process trains the same model, instead of ending with an error. */
  readonly wait: boolean;
  /** `models/x` makes the next version of the model x, or its shard. */
  readonly out: string;
  /** Of the responses, for the card. */
  readonly unit: string;
  readonly degreesPerImage: number | null;
}

/** The seed that draws the held-out images, where there are some and it is not that of the training; else null. */
export function otherHeldOutSeed({
  seed,
  heldOutSeed,
  select,
}: Pick<ModelRequest, 'seed' | 'heldOutSeed' | 'select'>): number | null {
  return select === 'heldout' && heldOutSeed !== undefined && heldOutSeed !== seed
    ? heldOutSeed
    : null;
}

/** A report of a training, and its place in the plan. */
export interface TrainingProgress {
  readonly stages: readonly StagePlan[];
  /** Which of the stages, from 0. */
  readonly stage: number;
  /** Which of the stage's populations, from 0. */
  readonly population: number;
  readonly report: TrainingReport;
}

/** What a training uses of the machine that it runs on. */
export interface Machine {
  readonly signals: Signals;
  /** Where progress is displayed. */
  readonly stream: ProgressStream;
  readonly memory: () => Memory;
  /** Bytes free where a folder is, or will be. */
  readonly freeDisk: (folder: string) => Promise<number>;
  /** In seconds, from any moment on. */
  readonly clock: () => number;
  /** Called with each report of the training. */
  readonly onProgress?: (progress: TrainingProgress) => void;
}
