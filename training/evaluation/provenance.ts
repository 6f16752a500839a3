import { DATASET_CARD_FILE } from '../../src/datasets/card.js';
import type { ModelCard } from '../../src/models/card.js';

/** How a model was trained, as far as that matters to its scores on a site. */
export interface Provenance {
  /** Whether the site's files belong to the recording that it was trained on. */
  readonly data: string;
  /** How the kept epochs were chosen. */
  readonly selection: string;
  /** Whether it was trained on the evaluated images, or its epochs were chosen by them. */
  readonly optimistic: boolean;
  /** The number of neurons whose training ended before that of the others. */
  readonly stopped: number;
}

/**
 * How a model was trained; of an ensemble, the member whose scores are the most optimistic.
 * @param digests sha256 of each of the site's validation files, by its name
 * @param published of a dataset, those of the files of the published layout with the same content
 */
export function findProvenance(
  { training, neurons, members = [] }: ModelCard,
  digests: Readonly<Record<string, string>>,
  published: Readonly<Record<string, string>> = {},
): Provenance {
  const all = [training, ...members.map((member) => member.training)].map((own) =>
    ofTraining({ training: own, neurons }, digests, published),
  );
  return all.find(({ optimistic }) => optimistic) ?? all[0]!;
}

function ofTraining(
  { training, neurons }: Pick<ModelCard, 'training' | 'neurons'>,
  digests: Readonly<Record<string, string>>,
  published: Readonly<Record<string, string>>,
): Provenance {
  const stopped = neurons.filter((neuron) => neuron.stopped).length;
  if ('importedFrom' in training) {
    const from = { pytorch: 'PyTorch', safetensors: 'a safetensors file', onnx: 'an .onnx file' }[
      training.importedFrom
    ];
    return {
      data: `unknown: the parameters were imported from ${from}`,
      selection: 'unknown: the parameters were imported',
      optimistic: false,
      stopped,
    };
  }
  if ('madeUp' in training) {
    const none = 'none: the parameters were drawn at random';
    return { data: none, selection: none, optimistic: false, stopped };
  }
  const { split, data } = training;
  // by content, since a copy of a site may be called otherwise
  const known = new Set(Object.values(data.digests));
  const trainedOn = Object.keys(digests).some((name) =>
    Object.entries(data.digests).some(
      ([own, digest]) => own.startsWith('train_img_') && digest === digests[name],
    ),
  );
  const aliases = Object.values(published);
  const isAlias = aliases.length > 0 && aliases.every((digest) => known.has(digest));
  const differing = isAlias
    ? []
    : Object.keys(digests).filter((name) => !known.has(digests[name]!));
  const sameImages = differing.length === 0;
  // The files of a dataset and the four files of a site differ, whatever is in them.
  const [wasDataset, isDataset] = [data.digests, digests].map((all) => DATASET_CARD_FILE in all);
  const isUnknown = wasDataset !== isDataset && differing.length === Object.keys(digests).length;
  const optimistic = trainedOn || (split === 'validation' && sameImages);
  return { data: dataNote(), selection: selectionNote(), optimistic, stopped };

  function dataNote(): string {
    if (trainedOn) return 'the training images of the model, so CORR says nothing about new images';
    if (differing.length === 0) {
      const shared = data.sharedImages;
      const also = shared
        ? `; ${shared} of the ${data.validationImages} images are training images too`
        : '';
      return `the validation files of the recording that it was trained on${also}`;
    }
    if (isUnknown) {
      return wasDataset
        ? `unknown: these are files of a site, and the model was trained on the dataset ${data.site}`
        : `unknown: this is a dataset, and the model was trained on files of the site ${data.site}`;
    }
    if (differing.length === Object.keys(digests).length) {
      return `not the recording that it was trained on, which is of site ${data.site}`;
    }
    return `validation files of its training, except ${differing.join(', ')}`;
  }

  function selectionNote(): string {
    if (split === 'heldout') {
      const count = data.heldOutImages === undefined ? 'some' : String(data.heldOutImages);
      return `each neuron's epoch was chosen on ${count} held-out training images`;
    }
    if (isUnknown) return "each neuron's epoch was chosen by its CORR on images that may be these";
    return sameImages
      ? "each neuron's epoch was chosen by its CORR on these images, so CORR is optimistic"
      : "each neuron's epoch was chosen on other validation images";
  }
}
