import { z } from 'zod';
import { DatasetCard } from '../../datasets/card.js';
import { TRAIN_JOB } from '../../datasets/data-jobs.js';
import { ExpectedSeconds } from '../../datasets/expected-times.js';
import { checkFirstModel, FIELD_NAMES, recipeOf } from '../../datasets/first-model.js';
import { findRecipe, RECIPES, recipeArchitecture } from '../../datasets/recipes.js';
import { DataDigest } from '../../datasets/recording.js';
import type { TrainRequest } from '../../datasets/train-request.js';
import { InputError } from '../../errors.js';
import { JobPriority } from '../../jobs/record.js';
import { DESIGNS } from '../../network/architectures/designs.js';
import { parameterSpecifications } from '../../network/parameters.js';
import type { StoredDataset } from '../../storage/datasets.js';
import { answerJson } from '../answer.js';
import { ACCEPTED } from '../jobs.js';
import { json, named } from '../operation.js';
import { route } from '../route.js';
import type { AppDependencies } from '../service.js';
import {
  answerDataJob,
  digestOf,
  findDataset,
  rejectInUse,
  requireTraining,
  type Training,
  unknownDataset,
} from '../training.js';

const Summary = named(
  'Dataset',
  z.strictObject({
    digest: DataDigest,
    name: z.string(),
    storedAt: z.iso.datetime(),
    bytes: z.int(),
    images: z.int(),
    height: z.int(),
    width: z.int(),
    channels: z.int(),
    neurons: z.int(),
    trials: z.int(),
    unit: z.string(),
  }),
);
const Card = named('DatasetCard', DatasetCard);
const RecipeSummary = z.strictObject({
  name: z.string(),
  architecture: z.string(),
  description: z.string().describe('what predicts each neuron'),
  epochs: z.int(),
  batchSize: z.int(),
  after: z.string().nullable().describe('the recipe that is trained before it, if any'),
});
const NoQuery = z.strictObject({});
const digest = { schema: DataDigest, description: 'the digest of a dataset' };
const scope = 'train';

/** Datasets that were made of recordings, and models that are trained on them. */
export function datasetRoutes(deps: AppDependencies) {
  return [
    listRecipes(deps),
    listDatasets(deps),
    readDataset(deps),
    deleteDataset(deps),
    trainOnDataset(deps),
  ];
}

function listRecipes(deps: AppDependencies) {
  return route(
    deps,
    {
      method: 'GET',
      path: '/v1/recipes',
      scope,
      id: 'listRecipes',
      tag: 'training',
      summary: 'How a model can be trained',
      query: NoQuery,
      answers: json('The recipes', z.strictObject({ recipes: z.array(RecipeSummary) })),
    },
    (c) => {
      requireTraining(deps);
      const recipes = Object.entries(RECIPES).map(([name, recipe]) => {
        const { architecture, epochs, batchSize, after = null } = recipe;
        const { description } = DESIGNS[architecture];
        return { name, architecture, description, epochs, batchSize, after };
      });
      return c.json({ recipes });
    },
  );
}

function listDatasets(deps: AppDependencies) {
  return route(
    deps,
    {
      method: 'GET',
      path: '/v1/datasets',
      scope,
      id: 'listDatasets',
      tag: 'training',
      summary: 'The stored datasets',
      query: NoQuery,
      answers: json('Oldest first', z.strictObject({ datasets: z.array(Summary) })),
    },
    async (c) => {
      const { datasets } = requireTraining(deps);
      const stored = await datasets.list();
      const bytes = await Promise.all(stored.map((each) => datasets.measure(each.digest)));
      return answerJson(c, deps.clock, () => ({
        datasets: stored.map((each, i) => summary(each, bytes[i]!)),
      }));
    },
  );
}

function readDataset(deps: AppDependencies) {
  return route(
    deps,
    {
      method: 'GET',
      path: '/v1/datasets/:digest',
      params: { digest },
      scope,
      id: 'dataset',
      tag: 'training',
      summary: 'A dataset: where each number of it is from',
      query: NoQuery,
      answers: json(
        'The dataset',
        z.strictObject({
          ...Summary.shape,
          card: Card,
          expectedSeconds: ExpectedSeconds.nullable().describe(
            'how long each recipe would train all neurons on the machine that trains; null where that is not known',
          ),
        }),
      ),
    },
    async (c) => {
      const dataset = await findDataset(c, deps);
      const { datasets, machine } = requireTraining(deps);
      const bytes = await datasets.measure(dataset.digest);
      const expectedSeconds = await datasets.expectedSeconds(dataset.digest, machine);
      return answerJson(c, deps.clock, () => ({
        ...summary(dataset, bytes),
        card: dataset.card,
        expectedSeconds: expectedSeconds ?? null,
      }));
    },
  );
}

function deleteDataset(deps: AppDependencies) {
  return route(
    deps,
    {
      method: 'DELETE',
      path: '/v1/datasets/:digest',
      params: { digest },
      scope,
      id: 'deleteDataset',
      tag: 'training',
      summary: 'Deletes a dataset; the models that were trained on it stay',
      query: NoQuery,
      answers: { 204: { description: 'It is deleted' } },
      errors: [409],
    },
    async (c) => {
      const { datasets } = requireTraining(deps);
      await rejectInUse(deps, digestOf(c));
      if (!(await datasets.remove(digestOf(c)))) throw unknownDataset(c);
      return c.body(null, 204);
    },
  );
}

function trainOnDataset(deps: AppDependencies) {
  return route(
    deps,
    {
      method: 'POST',
      path: '/v1/datasets/:digest/train',
      params: { digest },
      scope,
      id: 'train',
      tag: 'training',
      summary: 'Trains a model on a dataset, and serves it',
      description:
        'A job, whose `preview` events have the loss and the CORR after each epoch. The model is the next ' +
        'version of its name; it is served when the job has succeeded.',
      query: z.strictObject({ priority: JobPriority.default('normal') }),
      body: { required: true, content: { 'application/json': TRAIN_JOB.request } },
      answers: ACCEPTED,
      errors: [507],
    },
    async (c, { query, readJson }) => {
      const dataset = await findDataset(c, deps);
      const request = await readJson();
      await checkTraining(request, dataset.card, requireTraining(deps));
      const { kind } = TRAIN_JOB;
      return answerDataJob(c, deps, { kind, data: dataset.digest, request, ...query });
    },
  );
}

/**
 * Rejects what would fail as a job.
 * @throws InputError where the networks do not take the images, the dataset has no such neuron, or the training cannot
 *   begin with that model; as `Training.findModel`
 */
async function checkTraining(
  request: TrainRequest,
  { images, neurons: known }: DatasetCard,
  { findModel }: Pick<Training, 'findModel'>,
): Promise<void> {
  const { neurons = known.map((_, id) => id), loss } = request;
  if (images.channels !== 1) {
    throw new InputError(
      'the images are in colour; expected gray ones: ingest the recording with "gray": true',
    );
  }
  const from = request.from && (await findModel(request.from).catch(rejectFrom));
  const name = request.recipe ?? recipeOf(from!.card);
  const recipe = { ...findRecipe(name), loss };
  parameterSpecifications(recipeArchitecture(recipe), images);
  const unknown = neurons.find((id) => id >= known.length);
  if (unknown !== undefined) {
    const message = `unknown neuron: ${unknown}; expected ids from 0 to ${known.length - 1}`;
    throw new InputError(message, [{ path: 'neurons', message }]);
  }
  if (from === undefined) return;
  const first = {
    ...{ card: from.card, place: `${from.name}/${from.version}` },
    ...{ fit: request.from!.fit, naming: FIELD_NAMES },
  };
  checkFirstModel(first, { name, recipe, size: images, neurons });
}

/** @throws InputError that names the field of the request, or the error as it is */
function rejectFrom(error: unknown): never {
  if (!(error instanceof InputError)) throw error;
  const message = `from: ${error.message}`;
  throw new InputError(message, [{ path: 'from', message }], { cause: error });
}

/** A dataset as it is listed. */
function summary({ digest, card, storedAt }: StoredDataset, bytes: number) {
  const { count: images, height, width, channels } = card.images;
  return {
    ...{ digest, name: card.name, storedAt: storedAt.toISOString(), bytes },
    ...{ images, height, width, channels, neurons: card.neurons.length },
    ...{ trials: card.trials.count, unit: card.responses.unit },
  };
}
