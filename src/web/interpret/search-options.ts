/** Options of a search for preferred stimuli. */
export interface SearchOptions {
  readonly restarts: number;
  readonly steps: number;
  readonly blur: number;
  readonly seed: number;
  /** Maximum norm of the difference from the background; null uses the contrast of the training images. */
  readonly norm: number | null;
  /** Digest of a stored set whose best stimulus is compared; '' for none. */
  readonly stimulusSet: string;
}

/** The defaults of the HTTP interface. */
export const FIRST_OPTIONS: SearchOptions = {
  restarts: 4,
  steps: 60,
  blur: 1,
  seed: 1,
  norm: null,
  stimulusSet: '',
};

/** Ranges of the sliders. */
export const OPTION_RANGES = {
  restarts: { min: 1, max: 16, step: 1 },
  steps: { min: 10, max: 500, step: 10 },
  blur: { min: 0, max: 10, step: 0.5 },
} as const;

/** No image can reach a larger norm. */
const MAX_NORM = 1e4;

/** Reads the options from the address; missing or invalid ones get their defaults. */
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
    norm: typeof norm === 'number' && norm > 0 && norm <= MAX_NORM ? norm : FIRST_OPTIONS.norm,
    stimulusSet: typeof stimulusSet === 'string' ? stimulusSet : FIRST_OPTIONS.stimulusSet,
  };
}

/** Writes the options that differ from the defaults. */
export function writeOptions(options: SearchOptions): string {
  const changed = Object.entries(options).filter(
    ([name, value]) => value !== FIRST_OPTIONS[name as keyof SearchOptions],
  );
  return changed.length === 0 ? '' : JSON.stringify(Object.fromEntries(changed));
}

/** Builds the request body. */
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
    return {}; // The address is empty or truncated.
  }
}
