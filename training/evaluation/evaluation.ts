import type { CountProgress } from '../../src/count-progress.js';
import { InputError } from '../../src/errors.js';
import { isImportedCard, nativeCard } from '../../src/models/native-card.js';
import { readMembers } from '../../src/models/saved-model.js';
import { peakCount } from '../../src/tuning/metrics.js';
import type { RankTuning } from '../../src/tuning/rank.js';
import { selectColumns } from '../../src/tuning/response-matrix.js';
import { type Recording, responseMatrix } from '../data/recording.js';
import type { Repeats } from '../data/repeats-file.js';
import type { ValidationSite } from '../data/site.js';
import { type Decomposition, decompose } from './decomposition.js';
import { predictImported } from './imported-prediction.js';
import { measuredTuning } from './measured-tuning.js';
import type { ChosenModel } from './models.js';
import { type Attention, predictRecording } from './prediction.js';
import { findProvenance, type Provenance } from './provenance.js';
import { type NeuronScores, scoreNeurons } from './scores.js';

/** One model on the validation images of a site; everything by neuron is in the card's order. */
export interface ModelEvaluation extends ChosenModel {
  readonly provenance: Provenance;
  readonly neurons: readonly NeuronScores[];
  /** Of an ensemble: how well each of its members predicts the neurons; else empty. */
  readonly members: readonly (readonly NeuronScores[])[];
  readonly tuning: RankTuning;
  /** null where the network is imported. */
  readonly decomposition: Decomposition | null;
  readonly attention: Attention | null;
}

/** Several models on the validation images of one site. */
export interface Evaluation {
  readonly site: string;
  readonly validation: Recording;
  /** Of the peak: 1 % of the images. */
  readonly k: number;
  readonly hasRepeats: boolean;
  readonly models: readonly ModelEvaluation[];
}

/** @throws InputError naming the model that cannot be evaluated */
export async function evaluateModels(
  models: readonly ChosenModel[],
  site: ValidationSite,
  repeats: Repeats | null,
  onProgress: CountProgress,
): Promise<Evaluation> {
  const { validation } = site;
  const k = peakCount(validation.count);
  const networks = models.reduce((sum, { saved }) => sum + saved.card.neurons.length, 0);
  let done = 0;
  const advance = (responses: number) => {
    done += responses;
    onProgress(done, networks * validation.count);
  };
  const evaluated: ModelEvaluation[] = [];
  for (const model of models) {
    try {
      evaluated.push(await evaluateModel(model, site, repeats, k, advance));
    } catch (error) {
      if (!(error instanceof InputError)) throw error;
      throw new InputError(`model ${model.label}: ${error.message}`, [], { cause: error });
    }
  }
  return { site: site.name, validation, k, hasRepeats: repeats !== null, models: evaluated };
}

async function evaluateModel(
  model: ChosenModel,
  { validation, digests, published }: ValidationSite,
  repeats: Repeats | null,
  k: number,
  onProgress: (responses: number) => void,
): Promise<ModelEvaluation> {
  const { saved } = model;
  const { card } = saved;
  const { terms, ...prediction } = isImportedCard(card)
    ? await predictImported({ ...saved, card }, validation, onProgress)
    : await predictRecording(nativeCard(card), await readMembers(saved), validation, k, onProgress);
  const ids = card.neurons.map(({ id }) => id);
  const real = selectColumns(responseMatrix(validation), ids);
  const tuning = measuredTuning(prediction.responses, real);
  return {
    ...model,
    provenance: findProvenance(card, digests, published),
    neurons: scoreNeurons(card.neurons, tuning, repeats),
    members: (card.members ?? []).map((_, k) =>
      scoreNeurons(card.neurons, measuredTuning(prediction.members[k]!, real), repeats),
    ),
    tuning,
    decomposition: terms && decompose(prediction.responses, terms, k),
    attention: prediction.attention,
  };
}
