import type { StimulusCard } from '../../models/card.js';
import type { Architecture } from '../../network/architecture.js';
import type { FoldedLayer } from '../../network/layers/fold.js';
import type { Box } from '../../network/layers/layer.js';
import { PRECISIONS, type Precision } from '../../network/precision.js';

/** As in network.h. */
const KIND = { ofStimulus: 0, direct: 2, attention: 3 } as const;

/**
 * A network as the addon takes it: the stimulus' channels, height and width, the padded channels of maps, whether its
 * output is a softplus, the precision of its convolutions, and for each layer its kind, the side of its kernel, whether it is pooled, where the part of
 * its input that it reads begins, and the size of its output.
 * @param parts as `requiredParts` gives them
 */
export function describeNetwork(
  architecture: Architecture,
  stimulus: Pick<StimulusCard, 'height' | 'width' | 'channels'>,
  parts: readonly Box[],
  layers: readonly FoldedLayer[],
  padded: number,
  precision: Precision,
): Int32Array {
  const { channels, height, width } = stimulus;
  const softplus = Number(architecture.output === 'softplus');
  return Int32Array.from([
    ...[channels, height, width, padded, softplus, PRECISIONS.indexOf(precision)],
    ...layers.flatMap((layer, i) => describeLayer(layer, parts[i]!, parts[i + 1]!)),
  ]);
}

function describeLayer(layer: FoldedLayer, input: Box, output: Box): number[] {
  const size = [output.height, output.width];
  if (layer.kind === 'attention') {
    return [KIND.attention, 1, 0, output.top - input.top, output.left - input.left, ...size];
  }
  const { ofStimuli, kernel, pooled } = layer;
  const kind = ofStimuli ? KIND.ofStimulus : KIND.direct;
  // A map holds the part that is read, and the stimulus is whole.
  const begin = ofStimuli ? [input.top, input.left] : [0, 0];
  return [kind, kernel, Number(pooled), ...begin, ...size];
}
