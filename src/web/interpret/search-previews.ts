import type { AscentPreview } from '../../experiments/preferred-stimulus/schemas.js';
import type { FollowedJob, PreviewReader } from '../state/job.js';

/** The current images of a search, by neuron. */
type SearchPreviews = ReadonlyMap<number, AscentPreview>;
export type FollowedSearch = FollowedJob<SearchPreviews>;

/** Keeps the newest preview of each neuron. */
export const SEARCH_PREVIEWS: PreviewReader<AscentPreview, SearchPreviews> = {
  none: new Map(),
  add: (previews, preview) => new Map(previews).set(preview.neuron, preview),
};
