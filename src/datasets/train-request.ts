import { z } from 'zod';
import { MEMBERS, ModelName, NeuronCard, TrainedFrom, TrainingCard } from '../models/card.js';
import { RECIPE_NAMES } from './recipes.js';

const Allowed = z.boolean().default(false);

/** A saved model whose networks a training begins with. */
const From = z.strictObject({
  name: ModelName,
  version: z.int().positive().optional().describe('the latest, where it is left out'),
  fit: TrainedFrom.shape.fit
    .default('all')
    .describe(
      '`readout` fits the readouts alone, in seconds; `core` keeps a shared core, and learns new readouts of it, of any ' +
        'neurons and for images of any size',
    ),
});

/** Whether neurons are trained on normalised responses; `auto` where the data and the loss allow it. */
export const ResponseChoice = z.enum(['auto', ...TrainingCard.shape.responses.unwrap().options]);
export type ResponseChoice = z.infer<typeof ResponseChoice>;

/** What to train on a dataset; the defaults are those of `hypercolumn train`. */
export const TrainRequest = z
  .strictObject({
    name: ModelName.describe('of the model; the training makes its next version'),
    recipe: z
      .enum(RECIPE_NAMES)
      .optional()
      .describe('may be left out with `from`, whose recipe it then is'),
    from: From.optional().describe(
      'begins with the networks of the same neurons in a saved model, or keeps its core',
    ),
    neurons: z
      .array(z.int().nonnegative())
      .min(1)
      .max(100_000)
      .optional()
      .describe('ids of the neurons that get a network; all, where it is left out'),
    trials: z
      .enum(['joined', 'alone', 'none'])
      .default('joined')
      .describe(
        'whether the trials that came after the dataset was made are trained on too, or alone',
      ),
    epochs: z.int().min(1).max(100_000).optional().describe("instead of the recipe's"),
    seed: z
      .int()
      .min(0)
      .max(2 ** 32)
      .default(1)
      .describe('the same seed trains the same model'),
    members: z
      .int()
      .min(MEMBERS.least)
      .max(MEMBERS.most)
      .optional()
      .describe(
        'trains so many models with seeds that follow each other, and saves them as one, an ensemble; with `select` as ' +
          '`heldout` its card has intervals',
      ),
    loss: TrainingCard.shape.loss.default('mse'),
    responses: ResponseChoice.default('auto').describe(
      '`normalised` trains each neuron on responses with a mean of 0 and a standard deviation of 0.1 (1 with a shared core); predictions are in ' +
        'the unit of the dataset all the same. `auto` does so, except with the Poisson loss',
    ),
    select: TrainingCard.shape.split
      .default('validation')
      .describe("the images on which each neuron's kept epoch is chosen"),
    allowBlank: Allowed.describe('images of one gray all over'),
    allowBrightness: Allowed.describe('training and validation images of unlike mean gray'),
    allowShared: Allowed.describe('validation images that are training images too'),
    allowFew: Allowed.describe('too few images for a meaningful CORR'),
  })
  .refine(({ recipe, from }) => recipe !== undefined || from !== undefined, {
    path: ['recipe'],
    error: 'must be given, or `from`',
  })
  .refine(({ members, from }) => members === undefined || from === undefined, {
    path: ['members'],
    error: 'goes without `from`: each member begins anew',
  });
export type TrainRequest = z.output<typeof TrainRequest>;

const Epochs = z.strictObject({
  member: z.int().positive().optional().describe('of an ensemble: which member, from 1'),
  recipe: z.string().describe('of the stage of the training'),
  neurons: z.int().describe('neurons that are trained together in it'),
  loss: z.array(z.number().nullable()).describe('after each epoch, the mean over its neurons'),
  CORR: z.array(z.number().nullable()).describe('after each epoch, the mean over its neurons'),
});

/** How a training has gone so far: a curve for each stage and each group of neurons. */
export const TrainingCurves = z.strictObject({
  position: z.string().describe('such as population 2/3, epoch 4/50'),
  curves: z.array(Epochs),
});
export type TrainingCurves = z.infer<typeof TrainingCurves>;

/** What a training job made. */
export const TrainReport = z.strictObject({
  model: z.strictObject({ name: ModelName, version: z.int(), digest: z.string() }),
  seconds: z.number(),
  neurons: z.array(NeuronCard),
  curves: z.array(Epochs),
});
export type TrainReport = z.infer<typeof TrainReport>;
