import { InvalidArgumentError } from 'commander';

/** Reads a whole number from a command's option. */
export function wholeNumber(least: number, most: number): (text: string) => number {
  return (text) => {
    const value = Number(text);
    if (!/^\d+$/.test(text) || value < least || value > most) {
      throw new InvalidArgumentError(`It must be a whole number from ${least} to ${most}.`);
    }
    return value;
  };
}

/** Reads the name of a site: it becomes part of file names. */
export function siteName(text: string): string {
  if (!/^[A-Za-z0-9][A-Za-z0-9_-]*$/.test(text)) {
    throw new InvalidArgumentError('It must be made of letters, digits, _ and -.');
  }
  return text;
}
