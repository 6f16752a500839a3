import { InputError } from '../errors.js';

/** `50x50`, or `40 high x 50 wide` where the order of the two would be a guess. */
export function sizeText({ height, width }: { height: number; width: number }): string {
  return height === width ? `${height}x${width}` : `${height} high x ${width} wide`;
}

/** An error about the part of the input at `path`. */
export function errorAt(path: string, message: string): InputError {
  return new InputError(`${path}: ${message}`, [{ path, message }]);
}

/** An error about stimulus `index` (from 0) of a request. */
export function stimulusError(index: number, message: string): InputError {
  return new InputError(`stimulus ${index} ${message}`, [{ path: `stimuli[${index}]`, message }]);
}
