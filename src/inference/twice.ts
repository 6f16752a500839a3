import { EngineLostError } from '../errors.js';

/** Computes again, in the next process, if the first one ended before it answered. */
export async function computeTwice<T>(compute: () => Promise<T>): Promise<T> {
  try {
    return await compute();
  } catch (error) {
    if (!(error instanceof EngineLostError)) throw error;
    return await compute().catch(explainSecondLoss);
  }
}

function explainSecondLoss(error: unknown): never {
  if (!(error instanceof EngineLostError && error.isReplaced)) throw error;
  throw new EngineLostError(
    `${error.message}, for the second time while computing this; send it again`,
    { cause: error },
  );
}
