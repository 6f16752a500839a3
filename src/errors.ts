/** One thing that is wrong with an input: where it stands and what to change. */
export interface InputProblem {
  readonly path: string;
  readonly message: string;
}

/**
 * Bad input, told to whoever sent it: over HTTP as a 4xx problem document, on the command line as
 * one line. Anything else that is thrown is a bug.
 */
export class InputError extends Error {
  override readonly name = 'InputError';
  readonly problems: readonly InputProblem[];

  constructor(message: string, problems: readonly InputProblem[] = [], options?: ErrorOptions) {
    super(message, options);
    this.problems = problems;
  }
}

// `kind` keeps its kinds apart for the compiler, which compares classes by their members

/** More of something, or something larger, than is taken. */
export class PayloadTooLargeError extends InputError {
  readonly kind = 'payload-too-large';
}

/** The body is of a type that is not read here. */
export class UnsupportedMediaError extends InputError {
  readonly kind = 'unsupported-media';
}
