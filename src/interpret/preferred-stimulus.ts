import type { Channels } from '../formats/channels.js';
import type { Stimuli } from '../stimulus/stimuli.js';
import { beginMaximisation, type MaximisationTerms } from './activation-maximisation.js';
import type { InterpretedModel, Interpreter } from './interpreter.js';

/** Steps of one request, so that the next request does not wait long. */
const STEPS_PER_REQUEST = 4;

export interface PreferredStimulusRequest {
  readonly model: InterpretedModel;
  /** Of a stimulus, in pixels. */
  readonly height: number;
  readonly width: number;
  readonly channels: Channels;
  /** Columns of the model's population, and the neurons' ids. */
  readonly neurons: readonly { readonly column: number; readonly id: number }[];
  /** Images to begin with, each with noise of its own. */
  readonly restarts: number;
  readonly terms: MaximisationTerms;
}

export interface Progress {
  /** Steps, of all neurons. */
  readonly done: number;
  readonly total: number;
  /** The current neuron, and the images of its restarts so far. */
  readonly neuron: number;
  readonly images: Stimuli;
}

export interface SearchOptions {
  readonly signal?: AbortSignal;
  readonly onProgress?: (progress: Progress) => void;
  readonly step?: (id: number, search: () => Promise<Stimuli>) => Promise<Stimuli>;
}

/**
 * Searches for the images of one neuron.
 * @param report is called with the steps that are done, and the images of the restarts so far
 * @param signal aborted: rejects with its reason
 * @returns the images of the restarts
 */
export type Search = (
  neuron: PreferredStimulusRequest['neurons'][number],
  report: (step: number, images: Stimuli) => void,
  signal: AbortSignal | undefined,
) => Promise<Stimuli>;

/**
 * Searches by gradient ascent (Erhan et al. 2009; Walker et al. 2019, Bashivan et al. 2019 for cortical neurons).
 */
export function byGradient(
  interpreter: Pick<Interpreter, 'maximise'>,
  request: PreferredStimulusRequest,
): Search {
  const { model, restarts, terms } = request;
  return async ({ column, id }, report, signal) => {
    let state = beginMaximisation(request, id, restarts, terms);
    while (state.step < terms.steps) {
      signal?.throwIfAborted();
      const until = Math.min(terms.steps, state.step + STEPS_PER_REQUEST);
      const maximisation = { model, neuron: column, id, state, terms, until };
      state = await interpreter.maximise(maximisation, signal);
      report(state.step, state.images);
    }
    return state.images;
  };
}

/**
 * Images that raise the responses of neurons: the same for the same request, neuron by neuron.
 * @param signal aborted: rejects with its reason
 * @param step runs the search of a neuron, or returns images that an earlier search has found
 * @returns the images of the restarts, for each neuron
 */
export async function preferredStimuli(
  search: Search,
  { neurons, terms }: PreferredStimulusRequest,
  { signal, onProgress, step = (_, run) => run() }: SearchOptions = {},
): Promise<Stimuli[]> {
  const total = neurons.length * terms.steps;
  const found: Stimuli[] = [];
  for (const [i, neuron] of neurons.entries()) {
    const report = (done: number, images: Stimuli) =>
      onProgress?.({ done: i * terms.steps + done, total, neuron: neuron.id, images });
    found.push(await step(neuron.id, () => search(neuron, report, signal)));
  }
  return found;
}
