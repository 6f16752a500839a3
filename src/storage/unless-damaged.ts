import { DamagedError } from '../errors.js';

/** For `catch`: undefined for what is damaged; any other error is thrown on. */
export function unlessDamaged(error: unknown): undefined {
  if (!(error instanceof DamagedError)) throw error;
}
