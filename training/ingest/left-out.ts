import { InputError } from '../../src/errors.js';

/** Gathers what a file has of one kind, and why the rest of it cannot be used. */
export interface Findings<Source> {
  readonly found: readonly Source[];
  readonly reasons: readonly string[];
}

/**
 * Reads each of several places. One that cannot be used is left out, with the reason.
 * @throws what is no InputError
 */
export async function findEach<Place, Source>(
  places: readonly Place[],
  read: (place: Place) => Promise<Source>,
): Promise<Findings<Source>> {
  const found: Source[] = [];
  const reasons: string[] = [];
  for (const place of places) {
    try {
      found.push(await read(place));
    } catch (error) {
      if (!(error instanceof InputError)) throw error;
      reasons.push(error.message);
    }
  }
  return { found, reasons };
}

/**
 * @param missing the message where there is nothing of the kind
 * @throws InputError where nothing was found: the first reason, if there is one
 */
export function requireSome<Source>({ found, reasons }: Findings<Source>, missing: string): void {
  if (found.length === 0) throw new InputError(reasons[0] ?? missing);
}

/** Notes for a person about what is left out. */
export function leftOutNotes(...all: readonly Findings<unknown>[]): string[] {
  return all.flatMap(({ reasons }) => reasons.map((reason) => `Not used: ${reason}.`));
}
