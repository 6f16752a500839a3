import * as Plot from '@observablehq/plot';
import { parseHTML } from 'linkedom';

const { document } = parseHTML('<!doctype html><html><body></body></html>');

/** Of the real responses. The page defines these colours, for light and for dark. */
export const REAL = 'var(--real)';
/** The colour of what is in the background. */
export const FAINT = 'var(--faint)';

/**
 * How many models can be distinguished by colour: the paper's nine networks. The first six colours are
 * Okabe and Ito's, for all kinds of colour vision; the others are after Tol's muted scheme.
 */
export const MAX_MODELS = 9;

/** @param index of the model, 0 to `MAX_MODELS` - 1 */
export function modelColour(index: number): string {
  return `var(--model-${index})`;
}

/** Draws a figure as the text of an SVG element. Needs no browser. */
export function draw(options: Plot.PlotOptions & { readonly ariaLabel: string }): string {
  const figure = Plot.plot({
    ...options,
    document,
    style: { background: 'none', overflow: 'visible', fontSize: '11px' },
  });
  return shorten(String(figure.outerHTML));
}

/** Leaves one decimal of a pixel in what makes up most of a figure. */
function shorten(svg: string): string {
  return svg.replace(/ (?:d|x|y|width|height|transform)="[^"]*"/g, (attribute) =>
    attribute.replace(/(\.\d)\d+/g, '$1'),
  );
}
