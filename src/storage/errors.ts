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
