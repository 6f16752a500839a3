import { z } from 'zod';
import { TrainedFrom, TrainingCard } from '../../../src/models/card.js';

/** What a training is of: a checkpoint is gone on with only where all of it is the same. */
export const Identity = z.strictObject({
  codeVersion: z.string(),
  recipe: z.string(),
  seed: z.int(),
  /** What draws the held-out images, where it is not the seed. */
  heldOutSeed: z.int().nullable().default(null),
  epochs: z.int(),
  loss: TrainingCard.shape.loss,
  responses: TrainingCard.shape.responses,
  select: TrainingCard.shape.split,
  /** Of a warm start: digest of the model that it begins with, and what is fitted. */
  from: z.string().nullable().default(null),
  fit: TrainedFrom.shape.fit.nullable().default(null),
  /** Of a recipe that begins with another's networks. */
  freeze: z.enum(['published', 'still']).nullable(),
  backend: z.string(),
  /** As `--shard` has it. */
  shard: z.string().nullable(),
  /** Ids, where not all neurons of the site are trained. */
  neurons: z.string().nullable().default(null),
  /** The pixel value that is white, where it was given. */
  white: z.number().nullable().default(null),
  /** sha256 of each file of the data, by its name. */
  data: z.record(z.string(), z.string()),
});
export type Identity = z.infer<typeof Identity>;

/** Lists what is not the same: `seed 1, now 2`. */
export function differences(saved: Identity, wanted: Identity): string[] {
  const { data: savedData, ...savedRest } = saved;
  const { data: wantedData, ...wantedRest } = wanted;
  const names = Object.keys(wantedRest) as (keyof typeof wantedRest)[];
  const files = [...new Set([...Object.keys(savedData), ...Object.keys(wantedData)])];
  return [
    ...names
      .filter((name) => savedRest[name] !== wantedRest[name])
      .map(
        (name) => `${WORDS[name]} ${savedRest[name] ?? 'none'}, now ${wantedRest[name] ?? 'none'}`,
      ),
    ...files
      .filter((file) => savedData[file] !== wantedData[file])
      .map((file) => `${file} is another file now`),
  ];
}

const WORDS = {
  codeVersion: 'version of the program',
  recipe: 'recipe',
  seed: 'seed',
  heldOutSeed: 'seed of the held-out images',
  epochs: 'epochs',
  loss: 'loss',
  responses: 'responses',
  select: 'select',
  from: 'from',
  fit: 'fit',
  freeze: 'freeze',
  backend: 'backend',
  shard: 'shard',
  neurons: 'neurons',
  white: 'white',
} satisfies Record<keyof Omit<Identity, 'data'>, string>;
