import type { Catalogue } from './catalogue.js';
import type { Preload } from './model-repository.js';

/** Names in a message. */
const MAX_NAMED = 10;

/** Returns which models PRELOAD names that are not there, in words; undefined where all are. */
export function unknownPreloads(
  preload: Preload,
  { served, unusable }: Catalogue,
): string | undefined {
  if (typeof preload === 'string') return undefined;
  const names = new Set([...served, ...unusable].map(({ name }) => name));
  const unknown = preload.filter((name) => !names.has(name));
  if (unknown.length === 0) return undefined;
  const what = unknown.length === 1 ? 'an unknown model' : 'unknown models';
  const known = [...names].toSorted().slice(0, MAX_NAMED).join(', ');
  return `PRELOAD names ${what}: ${unknown.join(', ')}; expected ${known || 'none, as MODELS_DIR has no models'}`;
}
