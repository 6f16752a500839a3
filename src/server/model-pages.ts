import { z } from 'zod';
import type { Catalogue } from '../inference/catalogue.js';
import { ModelName } from '../models/card.js';
import { listModels } from './models.js';
import { WholeNumber } from './numbers.js';

/** Models on one page at most. */
const MAX_LIMIT = 1000;

/** Which of the models a client wants. */
export const ModelsQuery = z.strictObject({
  limit: WholeNumber.pipe(z.number().min(1).max(MAX_LIMIT)).optional().meta({
    description: 'models on a page; without it all',
    type: 'integer',
    minimum: 1,
    maximum: MAX_LIMIT,
  }),
  cursor: ModelName.optional().describe('`next` of the page before'),
  search: z
    .string()
    .min(1)
    .max(100)
    .optional()
    .describe('a part of the name, the site or the architecture; case does not matter'),
});
export type ModelsQuery = z.infer<typeof ModelsQuery>;

/** Whether a query asks for a page, and not for the whole list. */
export function isForPage({ limit, cursor, search }: ModelsQuery): boolean {
  return limit !== undefined || cursor !== undefined || search !== undefined;
}

/** A page of the models that match a search, by name, and where the next one begins. */
export function pageOfModels(catalogue: Catalogue, { limit, cursor, search }: ModelsQuery) {
  const names = [...matchingNames(catalogue, search?.toLowerCase() ?? '')].toSorted();
  const rest = cursor === undefined ? names : names.filter((name) => name > cursor);
  const page = new Set(rest.slice(0, limit));
  const isOnPage = ({ name }: { readonly name: string }) => page.has(name);
  const { served, unusable } = catalogue;
  const models = listModels({
    served: served.filter(isOnPage),
    unusable: unusable.filter(isOnPage),
  }).toSorted((a, b) => (a.name < b.name ? -1 : 1));
  const next = page.size < rest.length ? [...page].at(-1) : undefined;
  return { models, total: names.length, ...(next === undefined ? {} : { next }) };
}

/** The header `Link` of a page that has a next one. */
export function linkToNext({ limit, search }: ModelsQuery, next: string): string {
  const query = new URLSearchParams({
    ...(limit === undefined ? {} : { limit: String(limit) }),
    ...(search === undefined ? {} : { search }),
    cursor: next,
  });
  return `</v1/models?${query}>; rel="next"`;
}

function matchingNames({ served, unusable }: Catalogue, search: string): Set<string> {
  const names = new Set<string>();
  for (const { name, card } of served) {
    const site = 'data' in card.training ? card.training.data.site : '';
    const texts = [name, site, card.architecture.id];
    if (texts.some((text) => text.toLowerCase().includes(search))) names.add(name);
  }
  for (const { name } of unusable) if (name.toLowerCase().includes(search)) names.add(name);
  return names;
}
