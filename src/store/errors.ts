/** There is no room for what was to be stored. */
export class StoreFullError extends Error {
  override readonly name = 'StoreFullError';
  /** Whether it would not fit even if nothing else was stored. */
  readonly tooLarge: boolean;

  constructor(message: string, { tooLarge = false, ...options }: FullOptions = {}) {
    super(message, options);
    this.tooLarge = tooLarge;
  }
}

interface FullOptions extends ErrorOptions {
  readonly tooLarge?: boolean;
}

/** What is stored is not what was stored. */
export class DamagedError extends Error {
  override readonly name = 'DamagedError';
}

export function hasCode(error: unknown, ...codes: readonly string[]): boolean {
  return error instanceof Error && 'code' in error && codes.includes(String(error.code));
}

/** For `catch`: undefined for an error with one of these codes; any other is thrown on. */
export function unless(...codes: readonly string[]): (error: unknown) => undefined {
  return (error) => {
    if (!hasCode(error, ...codes)) throw error;
  };
}
