import { encodeNpy } from '../../formats/npy.js';
import { diversity } from '../../interpret/activation-maximisation.js';
import type { ResultFile } from '../../jobs/job-files.js';
import { stimulusDigests } from '../../stimulus/chunks.js';
import { encodePng } from '../../stimulus/encode-png.js';
import { drawSheet } from '../../stimulus/sheet.js';
import {
  concatStimuli,
  imageAxes,
  type Stimuli,
  type StimulusImage,
} from '../../stimulus/stimuli.js';
import type { Subject } from '../context.js';
import { modelIdentity } from '../result-parts.js';
import { bestImage, indexOfLargest, type PreferredStimuli } from './preferred-stimulus.js';
import type { PreferredStimulusResult } from './schemas.js';

/**
 * Makes the files of a result: the numbers; the images [neurons, restarts, height, width], in colour with 3 channels behind; a picture of them; and,
 * if the request names a stored set, its strongest stimulus for each neuron.
 */
export async function preferredStimulusFiles(
  model: Subject['model'],
  found: PreferredStimuli,
): Promise<ResultFile[]> {
  const { neurons, restarts } = found;
  const images = concatStimuli(neurons.map((each) => each.images));
  const best = bestOfSets(found);
  return [
    {
      name: 'preferred-stimuli.json',
      bytes: Buffer.from(JSON.stringify(await listNumbers(model, found))),
    },
    {
      name: 'preferred-stimuli.npy',
      bytes: encodeNpy(images.pixels, [neurons.length, restarts, ...imageAxes(images)]),
    },
    { name: 'preferred-stimuli.png', bytes: await encodePng(sheet(found)) },
    ...(best
      ? [
          {
            name: 'best-of-set.npy',
            bytes: encodeNpy(best.pixels, [best.count, ...imageAxes(best)]),
          },
        ]
      : []),
  ];
}

async function listNumbers(
  model: Subject['model'],
  { neurons, restarts, terms, method, set }: PreferredStimuli,
): Promise<PreferredStimulusResult> {
  const rows: PreferredStimulusResult['neurons'] = [];
  for (const { id, images, responses, spread, bestOfSet } of neurons) {
    const digests = await stimulusDigests(images);
    const [bestDigest] =
      set && bestOfSet ? await stimulusDigests(bestImage(set, bestOfSet)) : [undefined];
    rows.push({
      id,
      best: indexOfLargest(responses),
      stimuli: Array.from(responses, (response, i) => ({
        response,
        ...(spread ? { spread: spread[i]! } : {}),
        digest: digests[i]!,
      })),
      diversity: diversity(images, terms.background),
      ...(bestOfSet && bestDigest !== undefined
        ? { bestOfSet: { ...bestOfSet, digest: bestDigest } }
        : {}),
    });
  }
  return {
    model: modelIdentity(model),
    restarts,
    method,
    ...terms,
    pixels: [...terms.pixels],
    formulas: {
      norm:
        model.card.stimulus.channels === 1
          ? 'sqrt(sum (pixel - background)^2)'
          : 'sqrt(sum (pixel - background)^2 / 3), summed over pixels and channels',
      diversity: '1 - mean cosine of (pixels - background) between two restarts',
    },
    neurons: rows,
  };
}

/** Draws a row for each neuron: its restarts, then the best stimulus of the set if there is one. */
function sheet({ neurons, restarts, terms, set }: PreferredStimuli): StimulusImage {
  const rows = neurons.flatMap(({ images, bestOfSet }) =>
    set && bestOfSet ? [images, bestImage(set, bestOfSet)] : [images],
  );
  return drawSheet(concatStimuli(rows), terms.background, restarts + (set ? 1 : 0));
}

/** Selects the strongest stimulus of the set for each neuron. */
function bestOfSets({ neurons, set }: PreferredStimuli): Stimuli | undefined {
  if (set === undefined) return undefined;
  return concatStimuli(
    neurons.flatMap(({ bestOfSet }) => (bestOfSet ? [bestImage(set, bestOfSet)] : [])),
  );
}
