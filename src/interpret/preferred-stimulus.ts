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
 * Images that raise the responses of neurons, by gradient ascent (Erhan et al. 2009; Walker et al. 2019,
 * Bashivan et al. 2019 for cortical neurons): the same for the same request, neuron by neuron.
 * @param signal aborted: rejects with its reason
 * @param step runs the search of a neuron, or returns images that an earlier search has found
 * @returns the images of the restarts, for each neuron
 */
export async function preferredStimuli(
  interpreter: Pick<Interpreter, 'maximise'>,
  request: PreferredStimulusRequest,
  { signal, onProgress, step = (_, search) => search() }: SearchOptions = {},
): Promise<Stimuli[]> {
  const { model, neurons, restarts, terms } = request;
  const total = neurons.length * terms.steps;
  const found: Stimuli[] = [];
  for (const [i, { column, id }] of neurons.entries()) {
    const search = async () => {
      let state = beginMaximisation(request, id, restarts, terms);
      while (state.step < terms.steps) {
        signal?.throwIfAborted();
        const until = Math.min(terms.steps, state.step + STEPS_PER_REQUEST);
        const maximisation = { model, neuron: column, id, state, terms, until };
        state = await interpreter.maximise(maximisation, signal);
        const done = i * terms.steps + state.step;
        onProgress?.({ done, total, neuron: id, images: state.images });
      }
      return state.images;
    };
    found.push(await step(id, search));
  }
  return found;
}
