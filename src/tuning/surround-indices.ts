import { ratioIndex, type Undefined } from './indices.js';
import type { NeuronTuning } from './parametric.js';
import type { Index } from './schemas.js';

/**
 * Computes how much a surround suppresses the response to the preferred stimulus: 1 is no response, and
 * values below 0 are facilitation (Cavanaugh et al. 2002b).
 * @param size tuning to the diameter of the preferred grating
 * @param surround tuning to the orientation of its surround; the first orientation is that of the centre
 * @example
 * surroundIndices(size, surround).surroundSuppression.value; // 0.4: the surround takes 40 % of the response
 */
export function surroundIndices(
  size: NeuronTuning,
  surround: NeuronTuning,
): Record<'surroundSuppression' | 'crossSurroundSuppression', Index> {
  const curve = surround.curve.flat();
  const centreOnly = size.peak.response;
  const atEnd = size.peak.atEnd.includes('diameter');
  const suppression = (formula: string, at: number) =>
    ratioIndex(formula, [centreOnly, curve[at]!], (relative): number | Undefined => {
      if (atEnd)
        return { reason: 'the preferred diameter is at the end of the diameters presented' };
      if (!(relative[0]! > 0)) return { reason: 'no response to the centre alone is above 0' };
      return 1 - relative[1]! / relative[0]!;
    });
  return {
    surroundSuppression: suppression('(R_centre - R_parallel surround) / R_centre', 0),
    crossSurroundSuppression: suppression(
      '(R_centre - R_orthogonal surround) / R_centre',
      curve.length / 2,
    ),
  };
}
