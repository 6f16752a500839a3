import { bestDiameter, sizeResponse } from './fits/size.js';
import { fitIndex, ratioIndex, type Undefined } from './indices.js';
import type { Fit, Index } from './schemas.js';

/** A response above this share of the peak belongs to its plateau. */
const PLATEAU = 1 - 1e-4;
const SUMMATION = 0.95;
const SURROUND = 1.05;

const FORMULAS = {
  SSI: '(R_peak - R_largest) / R_peak',
  SSIAboveBlank: '(R_peak - R_largest) / (R_peak - R_blank)',
  summationField: 'smallest D with R >= 0.95 R_peak',
  surroundDiameter: 'smallest D past the peak with R <= 1.05 R_largest',
};
const NO_SURROUND: Undefined = { reason: 'past the peak the response falls by less than 5 %' };

/**
 * Derives indices of responses over diameter (Cavanaugh et al. 2002), from the curve, linear between
 * diameters, and from the fit.
 * @param diameters ascending
 * @param curve one response per diameter
 * @param blank the response to D = 0
 * @param fit the result of `fitSize`
 */
export function sizeIndices(
  diameters: readonly number[],
  curve: readonly number[],
  blank: number,
  fit: Fit,
): Record<string, Index> {
  const from = [0, ...diameters];
  const curveIndex = (
    formula: string,
    evaluate: (relative: Float64Array, peak: number) => number | Undefined,
    baseline: Index['baseline'] = 'not subtracted',
  ) =>
    ratioIndex(
      `${formula}, of the curve`,
      [blank, ...curve].map((response) => response - (baseline === 'blank subtracted' ? blank : 0)),
      (relative) => {
        const peak = relative.findIndex((response) => response >= PLATEAU);
        if (peak === 0) return { reason: 'no response exceeds that to the blank' };
        if (peak === 1) return { reason: 'the peak is at the smallest diameter presented' };
        if (peak === diameters.length)
          return { reason: 'the peak is at the largest diameter presented' };
        return evaluate(relative, peak);
      },
      baseline,
    );
  const sizeFitIndex = (formula: string, evaluate: (curve: FittedSize) => number | Undefined) =>
    fitIndex(`${formula}, of the fit`, fit, (parameters) => {
      const best = bestDiameter(parameters);
      if (best < diameters[0]!) return { reason: 'the fit peaks below the diameters presented' };
      if (best > diameters.at(-1)!)
        return { reason: 'the fit peaks beyond the diameters presented' };
      const at = sizeResponse(parameters);
      const [peak, last] = [at(best), Math.max(0, at(diameters.at(-1)!))];
      return peak > 0
        ? evaluate({ at, best, peak, last })
        : { reason: 'the fit is nowhere above 0' };
    });
  return {
    SSI: curveIndex(FORMULAS.SSI, (relative) => 1 - relative.at(-1)!),
    SSIAboveBlank: curveIndex(
      FORMULAS.SSIAboveBlank,
      (relative) => 1 - relative.at(-1)!,
      'blank subtracted',
    ),
    summationField: curveIndex(FORMULAS.summationField, (relative) => {
      const reached = relative.findIndex((response) => response >= SUMMATION);
      return reached === 0 ? 0 : crossing(from, relative, reached, SUMMATION);
    }),
    surroundDiameter: curveIndex(FORMULAS.surroundDiameter, (relative, peak) => {
      const level = SURROUND * relative.at(-1)!;
      if (level >= 1) return NO_SURROUND;
      const fallen = relative.findIndex((response, i) => i > peak && response <= level);
      return crossing(from, relative, fallen, level);
    }),
    SSIFit: sizeFitIndex(FORMULAS.SSI, ({ peak, last }) => (peak - last) / peak),
    summationFieldFit: sizeFitIndex(FORMULAS.summationField, ({ at, best, peak }) => {
      return at(0) >= SUMMATION * peak ? 0 : findLevel(at, SUMMATION * peak, 0, best);
    }),
    surroundDiameterFit: sizeFitIndex(FORMULAS.surroundDiameter, ({ at, best, peak, last }) => {
      if (SURROUND * last >= peak) return NO_SURROUND;
      return findLevel(at, SURROUND * last, best, diameters.at(-1)!);
    }),
  };
}

interface FittedSize {
  readonly at: (diameter: number) => number;
  /** The diameter of the largest response, that response, and the response to the largest diameter. */
  readonly best: number;
  readonly peak: number;
  readonly last: number;
}

/** Finds where the line from sample i - 1 to sample i passes a level. */
function crossing(x: readonly number[], y: Float64Array, i: number, level: number): number {
  const share = (level - y[i - 1]!) / (y[i]! - y[i - 1]!);
  return x[i - 1]! + share * (x[i]! - x[i - 1]!);
}

/** Finds by bisection where a function that is monotonic from `low` to `high` passes a level. */
function findLevel(at: (x: number) => number, level: number, low: number, high: number): number {
  const rising = at(high) > at(low);
  let [left, right] = [low, high];
  for (let i = 0; i < 60; i += 1) {
    const middle = (left + right) / 2;
    if (at(middle) < level === rising) left = middle;
    else right = middle;
  }
  return (left + right) / 2;
}
