import {
  CarriedPublicError,
  InputError,
  type InputProblem,
  messageOf,
  PayloadTooLargeError,
  PublicError,
  type PublicTerms,
  UnsupportedMediaError,
} from '../errors.js';
import { TooMuchWorkError } from './too-much-work.js';

/** An error as data, for a message to another process or thread. */
export interface CarriedError {
  readonly kind: InputError['code'] | 'public' | 'too-much-work' | 'bug';
  readonly message: string;
  readonly problems: readonly InputProblem[];
  readonly stack: string | undefined;
  /** Of a public error. */
  readonly terms?: PublicTerms;
}

/** Classes of input errors, by the code of each. */
const INPUT_ERRORS = {
  input: InputError,
  'payload-too-large': PayloadTooLargeError,
  'unsupported-media': UnsupportedMediaError,
} as const satisfies Record<InputError['code'], typeof InputError>;

export function packError(error: unknown): CarriedError {
  const stack = error instanceof Error ? error.stack : undefined;
  const message = messageOf(error);
  if (error instanceof InputError) {
    return { kind: error.code, message, problems: error.problems, stack };
  }
  if (error instanceof PublicError) {
    const { code, status, retryAfter, detail } = error;
    const terms = { code, status, retryAfter };
    return { kind: 'public', message: detail, problems: [], stack, terms };
  }
  const kind = error instanceof TooMuchWorkError ? 'too-much-work' : 'bug';
  return { kind, message, problems: [], stack };
}

/** The error that was packed, of the same class unless it is a bug. */
export function unpackError({ kind, message, problems, stack, terms }: CarriedError): Error {
  if (kind === 'too-much-work') return new TooMuchWorkError();
  if (kind === 'public') return new CarriedPublicError(message, terms!);
  if (kind !== 'bug') return new INPUT_ERRORS[kind](message, problems);
  const error = new Error(message);
  if (stack !== undefined) error.stack = stack;
  return error;
}
