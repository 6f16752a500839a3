import {
  ClientDisconnectedError,
  DeadlineError,
  EngineLostError,
  ModelUnavailableError,
  StorageError,
} from '../errors.js';

/** Where the stack of an error begins, which only the log gets. */
const STACK = /\n\s+at /;

/** Whether a load was not waited for, or failed for a reason that is not the model's. */
export function isOfRequest(error: unknown): boolean {
  return (
    error instanceof ClientDisconnectedError ||
    error instanceof DeadlineError ||
    error instanceof EngineLostError ||
    error instanceof StorageError ||
    error instanceof ModelUnavailableError
  );
}

export function oneLine(message: string): string {
  const [reason = ''] = message.split(STACK, 1);
  return reason.replaceAll(/\s*\n\s*/g, ' ');
}
