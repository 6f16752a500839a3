/** A process that computes ended before it answered; its message says which process, and how it ended. */
export class EngineLostError extends Error {
  override readonly name = 'EngineLostError';
  /** Whether another process takes its place, so that the work can be sent again. */
  readonly isReplaced: boolean;

  constructor(message: string, { isReplaced = true, ...options }: LostOptions = {}) {
    super(message, options);
    this.isReplaced = isReplaced;
  }
}

interface LostOptions extends ErrorOptions {
  readonly isReplaced?: boolean;
}
