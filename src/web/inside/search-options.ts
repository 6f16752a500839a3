/** How the search for a preferred stimulus goes; the neurons are the chosen ones. */
export interface SearchOptions {
  readonly restarts: number;
  readonly steps: number;
  readonly blur: number;
  readonly seed: number;
  /** The most that an image may differ from the background; null: as the training images do. */
  readonly norm: number | null;
  /** The digest of a stored set, whose best stimulus comes beside; '' none. */
  readonly stimulusSet: string;
}

/** The interface's own defaults. */
export const FIRST_OPTIONS: SearchOptions = {
  ...{ restarts: 4, steps: 60, blur: 1, seed: 1 },
  ...{ norm: null, stimulusSet: '' },
};

/** The least, the most and the step of what is dragged. */
export const OPTION_RANGES = {
  restarts: { min: 1, max: 16, step: 1 },
  steps: { min: 10, max: 500, step: 10 },
  blur: { min: 0, max: 10, step: 0.5 },
} as const;

/** More than an image of this size has room for. */
const MOST_NORM = 1e4;

/** Options as the address has them; what is missing or makes no sense is as it is at first. */
export function readOptions(text: string): SearchOptions {
  const given = parsed(text);
  const number = (name: 'restarts' | 'steps' | 'blur') => {
    const { min, max } = OPTION_RANGES[name];
    const value = given[name];
    return typeof value === 'number' && value >= min && value <= max ? value : FIRST_OPTIONS[name];
  };
  const { seed, norm, stimulusSet } = given;
  return {
    restarts: Math.round(number('restarts')),
    steps: Math.round(number('steps')),
    blur: number('blur'),
    seed: Number.isSafeInteger(seed) ? Number(seed) : FIRST_OPTIONS.seed,
    norm: typeof norm === 'number' && norm > 0 && norm <= MOST_NORM ? norm : FIRST_OPTIONS.norm,
    stimulusSet: typeof stimulusSet === 'string' ? stimulusSet : FIRST_OPTIONS.stimulusSet,
  };
}

/** Options for the address: only what is not as it is at first. */
export function writeOptions(options: SearchOptions): string {
  const changed = Object.entries(options).filter(
    ([name, value]) => value !== FIRST_OPTIONS[name as keyof SearchOptions],
  );
  return changed.length === 0 ? '' : JSON.stringify(Object.fromEntries(changed));
}

/** The body of the request. */
export function searchBody(
  { norm, stimulusSet, ...rest }: SearchOptions,
  neurons: readonly number[],
) {
  return {
    neurons: [...neurons],
    ...rest,
    ...(norm === null ? {} : { norm }),
    ...(stimulusSet === '' ? {} : { stimulusSet }),
  };
}

function parsed(text: string): Readonly<Record<string, unknown>> {
  try {
    const given: unknown = JSON.parse(text);
    return typeof given === 'object' && given !== null ? { ...given } : {};
  } catch {
    return {}; // the address has none, or was cut off
  }
}
