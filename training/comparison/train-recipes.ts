import path from 'node:path';
import { nativeCard } from '../../src/models/native-card.js';
import { readMembers, type SavedModel } from '../../src/models/saved-model.js';
import { multiplications } from '../../src/network/multiplications.js';
import { siteParameterCount } from '../../src/network/parameters.js';
import { column, type ResponseMatrix } from '../../src/tuning/response-matrix.js';
import type { Recording } from '../data/recording.js';
import { predictMembers } from '../ensemble/predict-members.js';
import type { Machine, ModelRequest } from '../run/model-request.js';
import { trainModel } from '../run/train-model.js';
import type { RecipeCost, TrainedRecipe } from './comparison.js';
import type { RecordedNeuron } from './measures.js';

/** What all recipes have in common. */
export type CommonRequest = Omit<
  ModelRequest,
  'recipe' | 'members' | 'out' | 'resume' | 'responses'
>;

/**
 * Trains a recipe with seeds that follow each other, or finds its model where it is trained already.
 * @param out the model is the next version of `{out}/models/{recipe}`
 */
export async function trainRecipe(
  recipe: string,
  seeds: number,
  out: string,
  request: CommonRequest & Pick<ModelRequest, 'responses'>,
  machine: Machine,
): Promise<SavedModel> {
  const { saved } = await trainModel(
    {
      ...request,
      recipe,
      members: seeds === 1 ? undefined : seeds,
      out: path.join(out, 'models', recipe),
      resume: true,
    },
    machine,
  );
  return saved;
}

/** Predicts the validation images with a trained recipe. @param onResponses is called after each batch of responses */
export async function predictRecipe(
  recipe: string,
  saved: SavedModel,
  validation: Recording,
  recorded: readonly RecordedNeuron[],
  onResponses: (responses: number) => void,
): Promise<TrainedRecipe> {
  const { architecture, stimulus, neurons } = nativeCard(saved.card);
  const ids = neurons.map(({ id }) => id);
  const networks = (await readMembers(saved)).map((weights) => ({
    ...stimulus,
    architecture,
    weights,
    neurons: ids,
  }));
  const { members, mean } = await predictMembers(networks, validation, onResponses);
  const ofNeurons = (matrix: ResponseMatrix) =>
    recorded.map(({ images }, neuron) => {
      const own = column(matrix, neuron);
      return Float64Array.from(images, (image) => own[image]!);
    });
  return {
    recipe,
    saved,
    predictions: { seeds: members.map(ofNeurons) },
    ensemble: ofNeurons(mean),
    cost: costOf(saved),
  };
}

function costOf({ card }: SavedModel): RecipeCost {
  const { architecture, stimulus, neurons, training, members } = nativeCard(card);
  const { shared, each } = multiplications(architecture, stimulus);
  const trainings = members?.map((member) => member.training) ?? [training];
  const seconds = trainings.map((each) => ('seconds' in each ? each.seconds : 0));
  return {
    multiplications: shared + neurons.length * each,
    parameters: siteParameterCount(architecture, stimulus, neurons.length),
    seconds: seconds.reduce((sum, value) => sum + value, 0) / seconds.length,
  };
}
