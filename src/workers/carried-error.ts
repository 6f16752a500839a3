import {
  InputError,
  type InputProblem,
  PayloadTooLargeError,
  UnsupportedMediaError,
} from '../errors.js';
import { TooMuchWorkError } from './too-much-work.js';

/** An error as data, for a message to another process or thread. */
export interface CarriedError {
  readonly kind: keyof typeof KINDS | 'bug';
  readonly message: string;
  readonly problems: readonly InputProblem[];
  readonly stack: string | undefined;
}

/** Classes that are kept, each before those that it is derived from. */
const KINDS = {
  'too-large': PayloadTooLargeError,
  'unsupported-media': UnsupportedMediaError,
  input: InputError,
  'too-much-work': TooMuchWorkError,
} as const;

export function packError(error: unknown): CarriedError {
  const found = Object.entries(KINDS).find(([, Kind]) => error instanceof Kind);
  const kind = (found?.[0] ?? 'bug') as CarriedError['kind'];
  if (!(error instanceof Error))
    return { kind, message: String(error), problems: [], stack: undefined };
  const { message, stack } = error;
  return { kind, message, problems: error instanceof InputError ? error.problems : [], stack };
}

/** The error that was packed, of the same class where it is one of `KINDS`. */
export function unpackError({ kind, message, problems, stack }: CarriedError): Error {
  if (kind === 'too-much-work') return new TooMuchWorkError();
  if (kind !== 'bug') return new KINDS[kind](message, problems);
  const error = new Error(message);
  if (stack !== undefined) error.stack = stack;
  return error;
}
