import { InputError } from '../../src/errors.js';
import { findModel } from '../../src/models/find-model.js';
import type { SavedModel } from '../../src/models/saved-model.js';
import { describeSize } from '../../src/network/stimulus-size.js';
import type { DataRules } from '../data/data-rules.js';
import type { Recording, SurveyedRecording } from '../data/recording.js';
import { checkBrightness } from '../data/split-checks.js';

/** A model to evaluate, and its name among others. */
export interface ChosenModel {
  /** `tang/2`, or its folder where two models would be called the same. */
  readonly label: string;
  readonly saved: SavedModel;
}

/**
 * Finds the models.
 * @param folders `models/tang` for its latest version, or `models/tang/2`
 * @throws InputError naming the folder that holds no usable model, or is given twice
 */
export async function chooseModels(folders: readonly string[]): Promise<ChosenModel[]> {
  const saved = await Promise.all(folders.map((folder) => findModel(folder)));
  const modelName = ({ card }: SavedModel) => `${card.name}/${card.version}`;
  return saved.map((model, i) => {
    if (saved.findIndex(({ folder }) => folder === model.folder) < i) {
      throw new InputError(`--model ${folders[i]}: ${modelName(model)} is given twice`);
    }
    const alone = saved.filter((other) => modelName(other) === modelName(model)).length === 1;
    return { label: alone ? modelName(model) : model.folder, saved: model };
  });
}

/**
 * Checks that a model takes images of the recording's size and predicts its neurons.
 * @throws InputError with the reason when they do not
 */
export function checkModel(
  { label, saved }: ChosenModel,
  site: string,
  recording: Pick<Recording, 'height' | 'width' | 'channels' | 'neurons'>,
): void {
  const { stimulus, neurons: own } = saved.card;
  const { neurons } = recording;
  const [taken, found] = [describeSize(stimulus), describeSize(recording)];
  if (taken !== found) {
    throw new InputError(
      `model ${label} takes images of ${taken} pixels, those of site ${site} are ${found}`,
    );
  }
  const unknown = own.find(({ id }) => id >= neurons);
  if (unknown) {
    throw new InputError(
      `model ${label} has a neuron ${unknown.id}, which site ${site} lacks: its responses are of ` +
        `the neurons 0 to ${neurons - 1}`,
    );
  }
}

/**
 * Compares the gray of the recording's images with that of the images which a model was trained on.
 * @throws InputError when they are a factor of more than 2 apart and that is not allowed
 */
export function checkGray(
  { label, saved }: ChosenModel,
  { meanGray }: Pick<SurveyedRecording, 'meanGray'>,
  rules: Pick<DataRules, 'allowBrightness'>,
): void {
  const { backgroundGray, trainingRange } = saved.card.stimulus;
  // without a range, the card's gray was not measured on training images
  if (trainingRange === null) return;
  const trained = `the training images of model ${label}`;
  checkBrightness({ [trained]: backgroundGray, 'the validation images': meanGray }, rules);
}
