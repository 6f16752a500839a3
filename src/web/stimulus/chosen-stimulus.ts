import { largestContrast } from '../../stimulus/parametric/paint.js';
import { useModel, usePage } from '../state/context.js';
import type { ChosenModel } from '../state/models.js';
import { type Canvas, DRAWN_KINDS, type DrawnKind, firstEntry } from './kinds.js';

/** What the address says of the stimulus: one by its parameters, or one of a stored set. */
export type ChosenStimulus = { readonly entry: Readonly<Record<string, unknown>> } | ChosenOfSet;

export interface ChosenOfSet {
  readonly set: string;
  readonly index: number;
  /** Of the files that were dropped. */
  readonly name?: string;
}

export interface StimulusChoice {
  readonly chosen: ChosenStimulus;
  /** The same, as the address has it. */
  readonly text: string;
  choose(stimulus: ChosenStimulus): void;
}

/** The stimulus in the address; a grating where there is none. */
export function useStimulusChoice(): StimulusChoice {
  const { address } = usePage();
  const canvas = canvasOf(useModel());
  const chosen = read(address.get('stimulus')) ?? { entry: firstEntry('grating', canvas) };
  return {
    chosen,
    text: JSON.stringify(chosen),
    choose: (stimulus) => address.set({ stimulus: JSON.stringify(stimulus) }),
  };
}

/** The body that asks for it, of every route that takes stimuli. */
export function stimuliBody(chosen: ChosenStimulus) {
  return 'entry' in chosen
    ? { stimuli: [chosen.entry] }
    : { stimulusSet: chosen.set, stimuli: [chosen.index] };
}

/** The kind of an entry that is drawn with sliders. */
export function drawnKindOf(entry: Readonly<Record<string, unknown>>): DrawnKind | undefined {
  return DRAWN_KINDS.find(([kind]) => kind in entry)?.[0];
}

export function canvasOf({ card }: ChosenModel): Canvas {
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
    return undefined; // the address was cut off or edited
  }
  return undefined;
}
