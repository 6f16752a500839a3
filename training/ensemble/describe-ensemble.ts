import { InputError } from '../../src/errors.js';
import type { Calibration, GoldenCard, ModelCard, NeuronCard } from '../../src/models/card.js';
import { nativeCard } from '../../src/models/native-card.js';
import {
  readWeights,
  type SavedModel,
  type UnsavedCard,
  type UnsavedMember,
} from '../../src/models/saved-model.js';
import { eightBitStimuli } from '../../src/stimulus/eight-bit.js';
import { type ResponseMatrix, selectColumns } from '../../src/tuning/response-matrix.js';
import { type Recording, responseMatrix } from '../data/recording.js';
import { noiseCeilings, type Repeats } from '../data/repeats-file.js';
import { goldenCard } from '../model/golden.js';
import type { TrainedNetworks } from '../model/responder.js';
import { evaluate, type Fit } from '../run/fit.js';
import {
  learnIntervals,
  learnSpreadLimits,
  measureCoverage,
  type PredictedImages,
} from './calibration.js';
import { type MembersPrediction, predictMembers, summarise } from './predict-members.js';
import { repeatedLike } from './repeated-like.js';

/** What an ensemble is measured on. */
export interface EnsembleData {
  readonly validation: Recording;
  /** Of the validation images. */
  readonly repeats: Repeats | null;
  /** Trials that a training image has, for the most part. */
  readonly trainingTrials: number;
  /** Training images that no member was trained on; null where there are none. */
  readonly heldOut: Recording | null;
}

/** An ensemble that is not saved yet. */
export interface UnsavedEnsemble {
  readonly card: UnsavedCard;
  readonly members: readonly UnsavedMember[];
}

type OnResponses = (responses: number) => void | Promise<void>;

/** How well the members and their mean predict a recording. */
interface Measured {
  readonly fits: readonly Fit[];
  readonly members: readonly (readonly Fit[])[];
  /** Of each neuron; null where the recording has no repeats. */
  readonly ceilings: readonly (number | null)[] | null;
  readonly calibration: Calibration | undefined;
}

/**
 * Describes models as the members of an ensemble, whose response is the mean of theirs.
 * @param models of the same architecture, images, neurons and unit
 * @param data the responses of the same neurons; without, nothing is measured
 * @param onResponses is called after each batch of images with the number of its responses
 * @throws InputError where a response is not finite
 */
export async function describeEnsemble(
  models: readonly SavedModel[],
  data: EnsembleData | undefined,
  onResponses: OnResponses,
): Promise<UnsavedEnsemble> {
  const { architecture, stimulus, response, training, neurons } = nativeCard(models[0]!.card);
  const ids = neurons.map(({ id }) => id);
  const networks: TrainedNetworks[] = [];
  for (const model of models) {
    const weights = await readWeights(model);
    networks.push({ ...stimulus, architecture, weights, neurons: ids });
  }
  const golden = await meanGolden(networks, models[0]!.card);
  const measured = data && (await measure(networks, ids, data, onResponses));
  return {
    card: {
      ...{ architecture, stimulus, response, training, golden },
      neurons: joinNeurons(models, measured),
      ...(measured?.calibration && { calibration: measured.calibration }),
    },
    members: models.map(({ card }, k) => ({
      weights: networks[k]!.weights,
      training: card.training,
      CORR: (measured?.members[k] ?? card.neurons).map(({ CORR }) => CORR),
    })),
  };
}

async function measure(
  networks: readonly TrainedNetworks[],
  ids: readonly number[],
  { validation, heldOut, repeats, trainingTrials }: EnsembleData,
  onResponses: OnResponses,
): Promise<Measured> {
  const predicted = await predictMembers(networks, validation, onResponses);
  const seen = heldOut && (await predictMembers(networks, heldOut, onResponses));
  const recorded = selectColumns(responseMatrix(validation), ids);
  const judged = repeats
    ? repeatPrediction(predicted, repeatedLike(repeats, validation.count, ids, trainingTrials))
    : { ...predicted, recorded };
  return {
    fits: evaluate(validation, ids, predicted.mean),
    members: predicted.members.map((member) => evaluate(validation, ids, member)),
    ceilings: repeats && noiseCeilings(repeats, ids),
    calibration:
      seen && heldOut
        ? calibrate(
            { ...seen, recorded: selectColumns(responseMatrix(heldOut), ids) },
            judged,
            validation.count,
          )
        : undefined,
  };
}

/** The same prediction for each repeat of the images. */
function repeatPrediction(
  { mean, spread }: MembersPrediction,
  recorded: ResponseMatrix,
): PredictedImages {
  const repeat = ({ values }: ResponseMatrix) => ({
    ...recorded,
    values: Float64Array.from(recorded.values, (_, i) => values[i % values.length]!),
  });
  return { mean: repeat(mean), spread: repeat(spread), recorded };
}

/** Undefined where no interval can be learnt. */
function calibrate(
  heldOut: PredictedImages,
  validation: PredictedImages,
  images: number,
): Calibration | undefined {
  const learnt = learnIntervals(heldOut);
  if (learnt === null || learnt.factors.length === 0) return undefined;
  const { factors, residual } = learnt;
  const spread = learnSpreadLimits(heldOut.spread);
  return {
    split: 'heldout',
    images: heldOut.mean.stimuli,
    intervals: factors.map(({ nominal, factor }) => ({
      ...{ nominal, factor, images },
      covered: measureCoverage(validation, learnt, factor),
    })),
    residual: [...residual],
    ...(spread && { spread }),
  };
}

/** The golden stimuli of a card with the mean responses of the members. */
async function meanGolden(
  networks: readonly TrainedNetworks[],
  card: ModelCard,
): Promise<GoldenCard> {
  const images = eightBitStimuli(card.golden.stimuli, card.stimulus);
  if (!images)
    throw new InputError(`the golden stimuli of ${card.name}/${card.version} have another size`);
  const all: ResponseMatrix[] = [];
  for (const each of networks) {
    const { responses } = await goldenCard(each, images);
    const values = Float32Array.from(responses.flat());
    all.push({ stimuli: images.count, neurons: each.neurons.length, values });
  }
  const { mean } = summarise(all);
  return {
    stimuli: card.golden.stimuli,
    responses: Array.from({ length: mean.stimuli }, (_, i) => [
      ...mean.values.subarray(i * mean.neurons, (i + 1) * mean.neurons),
    ]),
  };
}

/** No epoch is that of an ensemble's neuron; where its training stopped in a member, the first such says so. */
function joinNeurons(models: readonly SavedModel[], measured: Measured | undefined): NeuronCard[] {
  return models[0]!.card.neurons.map(({ id }, n) => {
    const own = models.map(({ card }) => card.neurons[n]!);
    const ceilings = new Set(own.map(({ noiseCeiling }) => noiseCeiling));
    const known = ceilings.size === 1 ? own[0]!.noiseCeiling : null;
    const stopped = own.find((each) => each.stopped)?.stopped;
    return {
      id,
      ...(measured?.fits[n] ?? { CORR: null, PT_J: null, PT_S: null }),
      noiseCeiling: measured?.ceilings ? measured.ceilings[n]! : known,
      keptEpoch: null,
      ...(stopped && { stopped }),
    };
  });
}
