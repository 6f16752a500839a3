import type { ModelCard } from '../../src/model/card.js';

/** What one has to know of a model's past to judge how well it does on a site. */
export interface Provenance {
  /** Whether the site's files are those it was trained on. */
  readonly data: string;
  /** How the kept epochs were chosen. */
  readonly selection: string;
  /** The images evaluated on are those that it was trained on, or that the kept epochs were chosen by. */
  readonly optimistic: boolean;
  /** How many neurons' training ended before the others'. */
  readonly stopped: number;
}

/** @param digests sha256 of each of the site's validation files, by its name */
export function provenanceOf(
  { training, neurons }: ModelCard,
  digests: Readonly<Record<string, string>>,
): Provenance {
  const stopped = neurons.filter((neuron) => neuron.stopped).length;
  if ('importedFrom' in training) {
    const from = { pytorch: 'PyTorch', safetensors: 'a safetensors file' }[training.importedFrom];
    return {
      data: `not known: its parameters were imported from ${from}`,
      selection: 'not known: its parameters were imported',
      optimistic: false,
      stopped,
    };
  }
  if ('madeUp' in training) {
    const none = 'none: its parameters were drawn at random';
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
  const differing = Object.keys(digests).filter((name) => !known.has(digests[name]!));
  const sameImages = differing.length === 0;
  const optimistic = trainedOn || (split === 'validation' && sameImages);
  return { data: dataNote(), selection: selectionNote(), optimistic, stopped };

  function dataNote(): string {
    if (trainedOn)
      return 'the images that it was trained on, so CORR says nothing about new images';
    if (differing.length === 0) {
      const shared = data.sharedImages;
      const also = shared
        ? `, of which ${shared} of ${data.validationImages} images were trained on`
        : '';
      return `the validation files of its own recording${also}`;
    }
    if (differing.length === Object.keys(digests).length) {
      return `other files than those of its own recording, which was of site ${data.site}`;
    }
    return `all but ${differing.join(', ')} are of its own recording`;
  }

  function selectionNote(): string {
    if (split === 'heldout') {
      const count = data.heldOutImages === undefined ? 'some' : String(data.heldOutImages);
      return `each neuron's epoch was chosen on ${count} held-out training images, not on these`;
    }
    return sameImages
      ? "each neuron's epoch was chosen by its CORR on these very images, so CORR is optimistic"
      : "each neuron's epoch was chosen on other validation images";
  }
}
