import packageFile from '../../package.json' with { type: 'json' };
import type { CountProgress } from '../../src/count-progress.js';
import { goldenGratings } from '../../src/imports/gratings.js';
import type { ImportCard, NeuronCard, StimulusCard } from '../../src/models/card.js';
import { type SavedModel, saveModel } from '../../src/models/saved-model.js';
import type { ArchitectureId } from '../../src/network/architectures/index.js';
import { describeStimuli } from '../data/describe.js';
import type { Site } from '../data/site.js';
import { goldenCard, goldenImages } from '../model/golden.js';
import type { TrainedNetworks } from '../model/responder.js';
import { evaluate, type Fit } from '../run/fit.js';
import { predictNetworks } from '../run/predict-networks.js';
import type { ImportedPopulation } from './population.js';

/** The networks to save as a model, and the fields of its card. */
export interface ImportRequest {
  readonly population: ImportedPopulation;
  readonly importedFrom: ImportCard['importedFrom'];
  readonly architecture: ArchitectureId;
  readonly stimulus: Omit<StimulusCard, 'trainingRange'>;
  /** The recording that the networks were trained on: it gives the gray, the range, and how well they predict. */
  readonly site: Site | undefined;
  /** Of the responses. */
  readonly unit: string;
  /** `models/x` makes the next version of the model x. */
  readonly out: string;
}

export interface ImportedModel {
  readonly saved: SavedModel;
  readonly neurons: readonly NeuronCard[];
}

const UNKNOWN: Fit = { CORR: null, PT_J: null, PT_S: null };

/**
 * Saves imported networks as a model.
 * @param onProgress counts the responses that are measured, where there is a site
 * @throws InputError when their responses are not finite
 */
export async function importModel(
  request: ImportRequest,
  onProgress: CountProgress = () => {},
): Promise<ImportedModel> {
  const { population, site, importedFrom, unit, out } = request;
  const { architecture, weights, digests } = population;
  const ids = population.neurons;
  const stimulus = await describe(request);
  const { scale, offset } = stimulus;
  const networks = { architecture, neurons: ids, weights, scale, offset };
  const images = site ? await goldenImages(site.validation) : goldenGratings(stimulus);
  const golden = await goldenCard(networks, images);
  const fits = site && (await measure(networks, site, onProgress));
  const neurons = ids.map((id, row) => ({
    id,
    ...(fits?.[row] ?? UNKNOWN),
    noiseCeiling: null,
    keptEpoch: null,
  }));
  const card = {
    architecture: { id: request.architecture, ...architecture },
    stimulus,
    response: { unit },
    neurons,
    training: {
      importedFrom,
      digests: { ...digests, ...site?.digests },
      codeVersion: packageFile.version,
      date: new Date().toISOString(),
    },
    golden,
  };
  return { saved: await saveModel(out, card, weights), neurons };
}

async function describe({ stimulus, site }: ImportRequest): Promise<StimulusCard> {
  if (site === undefined) return { ...stimulus, trainingRange: null };
  const { scale, offset, degreesPerImage } = stimulus;
  return { ...(await describeStimuli(site.training, degreesPerImage)), scale, offset };
}

async function measure(
  networks: TrainedNetworks,
  { validation }: Site,
  onProgress: CountProgress,
): Promise<Fit[]> {
  const total = networks.neurons.length * validation.count;
  let done = 0;
  const predicted = await predictNetworks(networks, validation, (responses) => {
    done += responses;
    onProgress(done, total);
  });
  return evaluate(validation, networks.neurons, predicted);
}
