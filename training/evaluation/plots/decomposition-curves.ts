import * as Plot from '@observablehq/plot';
import type { Decomposition } from '../decomposition.js';
import { points, rankAxis, smoothed } from './curve.js';
import { draw, FAINT } from './figure.js';

/** The readout's terms, by the names and colours of the legend. */
export const TERMS = [
  { name: 'sum', colour: 'var(--sum)' },
  { name: 'centre', colour: 'var(--centre)' },
  { name: 'surround', colour: 'var(--surround)' },
  { name: 'bias', colour: 'var(--bias)' },
] as const;

/** The readout's sum and its terms by the rank of the predicted response, averaged over neurons. */
export function drawDecomposition(
  label: string,
  decomposition: Decomposition,
  options: { readonly unit: string; readonly width: number; readonly domain: [number, number] },
): string {
  const { unit, width, domain } = options;
  const images = decomposition.sum.length;
  const line = { x: 'rank', y: 'value' } as const;
  const decompositionCurve = (name: (typeof TERMS)[number]['name']) =>
    name === 'bias' ? new Float64Array(images).fill(decomposition.bias) : decomposition[name];
  return draw({
    ariaLabel: `Terms of the readout of ${label}`,
    width,
    height: 270,
    marginLeft: 44,
    marginBottom: 34,
    marginTop: 22,
    x: rankAxis(images, 'rank of image by predicted response'),
    y: { label: `contribution (${unit})`, domain, nice: true, ticks: 6 },
    marks: [
      Plot.ruleY([0], { stroke: FAINT }),
      ...TERMS.map(({ name, colour }) =>
        Plot.line(points(decompositionCurve(name)), {
          ...line,
          stroke: colour,
          strokeWidth: 0.6,
          strokeOpacity: 0.35,
        }),
      ),
      ...TERMS.map(({ name, colour }) =>
        Plot.line(smoothed(decompositionCurve(name)), {
          ...line,
          stroke: colour,
          strokeWidth: name === 'sum' ? 2.4 : 1.8,
          strokeDasharray: name === 'bias' ? '5,3' : 'none',
        }),
      ),
    ],
  });
}

/** The range of several decompositions, so that they can be drawn alike. */
export function termsDomain(decompositions: readonly Decomposition[]): [number, number] {
  let [min, max] = [0, 0];
  for (const { sum, centre, surround, bias } of decompositions) {
    for (const curve of [sum, centre, surround, [bias]]) {
      for (const value of curve) [min, max] = [Math.min(min, value), Math.max(max, value)];
    }
  }
  return [min, max];
}
