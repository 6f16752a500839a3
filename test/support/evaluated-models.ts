import { saveModel } from '../../src/models/saved-model.js';
import { ARCHITECTURES, type ArchitectureId } from '../../src/network/architectures/index.js';
import { initialParameters, parameterSpecifications } from '../../src/network/parameters.js';
import { tinyCard } from './cards.js';
import { SIDE } from './sites.js';

export interface SmallModelOptions {
  readonly architecture: ArchitectureId;
  /** Ids. */
  readonly neurons: readonly number[];
  /** Side of the images. */
  readonly side?: number;
  /** sha256 of the files that the card says it was trained on. */
  readonly digests?: Readonly<Record<string, string>>;
  /** Whether it responds the same to every image. */
  readonly constant?: boolean;
}

/**
 * Saves the next version of a model of two channels with the parameters that training begins with;
 * its golden responses are not real.
 * @param out `models/x`
 */
export async function saveSmallModel(out: string, options: SmallModelOptions) {
  const { architecture: id, neurons, side = SIDE, digests = {}, constant = false } = options;
  const { formatVersion: _, name: __, version: ___, weights: ____, ...card } = tinyCard('x', 1);
  const architecture = { ...ARCHITECTURES[id].network, channels: 2 };
  const size = { height: side, width: side };
  const weights = initialParameters(parameterSpecifications(architecture, size), neurons, 1);
  if (constant) weights.get('readout.weight')!.data.fill(0);
  // This makes attention differ between places.
  if (weights.has('attention.gamma')) {
    weights.get('attention.gamma')!.data.fill(1);
    const query = weights.get('attention.query.weight')!.data;
    for (let i = 0; i < query.length; i++) query[i]! *= 20;
  }
  if (!('split' in card.training)) throw new Error('the card is not of a trained model');
  return await saveModel(
    out,
    {
      ...card,
      architecture: { id, ...architecture },
      stimulus: { ...card.stimulus, ...size, scale: 2, offset: -0.5 },
      neurons: neurons.map((id) => ({ ...card.neurons[0]!, id })),
      training: { ...card.training, data: { ...card.training.data, site: 'small', digests } },
      golden: { stimuli: ['AAAA'], responses: [neurons.map(() => 0)] },
    },
    weights,
  );
}
