import { largestContrast } from '../../stimulus/parametric/paint.js';
import { useModel, usePage } from '../state/context.js';
import type { ChosenModel } from '../state/models.js';
import { type Canvas, DRAWN_KINDS, type DrawnKind, firstEntry } from './kinds.js';

/** The stimulus in the address: parameters, or an index of a stored set. */
export type ChosenStimulus = { readonly entry: Readonly<Record<string, unknown>> } | ChosenFromSet;

interface ChosenFromSet {
  readonly set: string;
  readonly index: number;
  /** Names of the dropped files. */
  readonly name?: string;
}

export interface StimulusChoice {
  readonly chosen: ChosenStimulus;
  /** The stimulus as JSON, as in the address. */
  readonly text: string;
  choose(stimulus: ChosenStimulus): void;
}

/** Reads the stimulus from the address; by default a grating. */
export function useStimulusChoice(): StimulusChoice {
  const { address } = usePage();
  const canvas = modelCanvas(useModel());
  const chosen = read(address.get('stimulus')) ?? { entry: firstEntry('grating', canvas) };
  return {
    chosen,
    text: JSON.stringify(chosen),
    choose: (stimulus) => address.set({ stimulus: JSON.stringify(stimulus) }),
  };
}

/** Builds the request body for routes that take stimuli. */
export function stimuliBody(chosen: ChosenStimulus) {
  return 'entry' in chosen
    ? { stimuli: [chosen.entry] }
    : { stimulusSet: chosen.set, stimuli: [chosen.index] };
}

/** Finds the kind of an entry that has sliders. */
export function findDrawnKind(entry: Readonly<Record<string, unknown>>): DrawnKind | undefined {
  return DRAWN_KINDS.find(([kind]) => kind in entry)?.[0];
}

export function modelCanvas({ card }: ChosenModel): Canvas {
  const { height, width, backgroundGray: background } = card.stimulus;
  return { height, width, contrast: largestContrast({ background }) };
}

function read(text: string): ChosenStimulus | undefined {
  if (text === '') return undefined;
  try {
    const given = JSON.parse(text) as Partial<Record<'entry' | 'set' | 'index' | 'name', unknown>>;
    const { entry, set, index, name } = given;
    if (typeof set === 'string' && Number.isInteger(index)) {
      const named = typeof name === 'string' ? { name } : {};
      return { set, index: Number(index), ...named };
    }
    if (typeof entry === 'object' && entry !== null) return { entry: { ...entry } };
  } catch {
    return undefined; // The address is truncated or edited.
  }
  return undefined;
}
