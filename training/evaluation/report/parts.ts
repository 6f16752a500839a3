import { html, raw } from 'hono/html';
import type { ModelEvaluation } from '../evaluation.js';
import { modelColour } from '../plots/figure.js';

/** A part of the page. Text that is inserted is escaped; other parts are not. */
export type Part = ReturnType<typeof html>;

export interface LegendEntry {
  readonly name: string;
  readonly colour: string;
  readonly kind?: 'dashed' | 'block';
}

export function legend(entries: readonly LegendEntry[]): Part {
  return html`<div class="legend">${entries.map(
    ({ name, colour, kind = '' }) =>
      html`<span><i class="${kind}" style="border-color:${colour}"></i>${name}</span>`,
  )}</div>`;
}

/** The models by their colours. */
export function modelEntries(models: readonly ModelEvaluation[]): LegendEntry[] {
  return models.map(({ label }, index) => ({ name: label, colour: modelColour(index) }));
}

/** @param svg drawn by this program */
export function figureElement(svg: string, title: unknown = '', caption: unknown = ''): Part {
  return html`<figure>${title && html`<div class="title">${title}</div>`}${raw(svg)}${
    caption && html`<figcaption>${caption}</figcaption>`
  }</figure>
`;
}

/** The unit of the responses, as the cards have it. */
export function responseUnit(models: readonly ModelEvaluation[]): string {
  return [...new Set(models.map(({ saved }) => saved.card.response.unit))].join(' or ');
}

/** `count` places spread evenly over a list of `length`, its ends among them. */
export function spread(length: number, count: number): number[] {
  if (length <= count) return Array.from({ length }, (_, i) => i);
  if (count === 1) return [Math.floor((length - 1) / 2)];
  return Array.from({ length: count }, (_, i) => Math.round((i * (length - 1)) / (count - 1)));
}

/** The best predicted first; those without CORR last. */
export function byCorr<T>(items: readonly T[], corrOf: (item: T) => number | null): T[] {
  return items.toSorted((a, b) => (corrOf(b) ?? -2) - (corrOf(a) ?? -2));
}
