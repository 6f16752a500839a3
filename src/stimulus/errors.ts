import { InputError } from '../errors.js';

/** Writes a size as `50x50` or, if the sides differ, as `40 high x 50 wide`; in colour with `in colour` behind. */
export function sizeText(image: { height: number; width: number; channels?: number }): string {
  const { height, width, channels } = image;
  const size = height === width ? `${height}x${width}` : `${height} high x ${width} wide`;
  return channels === 3 ? `${size} in colour` : size;
}

/** Makes an error about the part of the input at `path`. */
export function errorAt(path: string, message: string): InputError {
  return new InputError(`${path}: ${message}`, [{ path, message }]);
}

/** Makes an error about stimulus `index` (from 0) of a request. */
export function stimulusError(index: number, message: string): InputError {
  return new InputError(`stimulus ${index} ${message}`, [{ path: `stimuli[${index}]`, message }]);
}
