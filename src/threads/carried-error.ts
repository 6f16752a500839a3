import {
  InputError,
  type InputProblem,
  PayloadTooLargeError,
  UnsupportedMediaError,
} from '../input-error.js';

/** An error as data, for a message between threads. */
export interface CarriedError {
  /** The kind of bad input; undefined where the error is a bug. */
  readonly input: 'plain' | 'too-large' | 'unsupported-media' | undefined;
  readonly message: string;
  readonly problems: readonly InputProblem[];
  readonly stack: string | undefined;
}

export function packError(error: unknown): CarriedError {
  if (!(error instanceof Error)) {
    return { input: undefined, message: String(error), problems: [], stack: undefined };
  }
  const { message, stack } = error;
  if (!(error instanceof InputError)) return { input: undefined, message, problems: [], stack };
  const input =
    error instanceof PayloadTooLargeError
      ? 'too-large'
      : error instanceof UnsupportedMediaError
        ? 'unsupported-media'
        : 'plain';
  return { input, message, problems: error.problems, stack };
}

/** The error that was packed, of the same class where it is bad input. */
export function unpackError({ input, message, problems, stack }: CarriedError): Error {
  switch (input) {
    case 'plain':
      return new InputError(message, problems);
    case 'too-large':
      return new PayloadTooLargeError(message, problems);
    case 'unsupported-media':
      return new UnsupportedMediaError(message, problems);
    default: {
      const error = new Error(message);
      if (stack !== undefined) error.stack = stack;
      return error;
    }
  }
}
