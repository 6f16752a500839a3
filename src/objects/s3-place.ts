import path from 'node:path';
import { InputError } from '../errors.js';

/** A place in S3, as `s3://bucket/prefix` names it. */
export interface S3Place {
  readonly bucket: string;
  /** All keys begin with it. It is empty, or ends with a slash. */
  readonly prefix: string;
}

const SCHEME = 's3://';
const BUCKET = /^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$/;

/** Whether a setting names a place in S3, not a folder. */
export function isInS3(place: string): boolean {
  return place.startsWith(SCHEME);
}

const MISTYPED = /^(?:s3|gs):\/+/i;

/**
 * Checks that a place is not one in S3 that is misspelt, such as `s3:/bucket`.
 * @param shown what the message begins with, such as `MODELS_DIR="s3:/bucket"`
 * @throws InputError
 */
export function rejectMistyped(place: string, shown = place): void {
  if (isInS3(place) || !MISTYPED.test(place)) return;
  throw new InputError(
    `${shown} is neither a folder nor a place in S3; expected ${place.replace(MISTYPED, SCHEME)}`,
  );
}

/** Returns a place that means the same in a process with another working folder. */
export function absolutePlace(place: string): string {
  return isInS3(place) ? place : path.resolve(place);
}

/** Returns the place of the objects whose keys begin with `name/`. */
export function placeWithin(place: string, name: string): string {
  return isInS3(place) ? `${place.replace(/\/$/, '')}/${name}` : path.join(place, name);
}

/** @throws InputError when it is not `s3://bucket` or `s3://bucket/prefix` */
export function parseS3Place(place: string): S3Place {
  const [bucket = '', ...parts] = place.slice(SCHEME.length).replace(/\/$/, '').split('/');
  if (!(isInS3(place) && BUCKET.test(bucket) && parts.every(isPart))) {
    throw new InputError(`not a place in S3: ${place}; expected s3://bucket or s3://bucket/prefix`);
  }
  return { bucket, prefix: parts.map((part) => `${part}/`).join('') };
}

/** Whether every S3 accepts this as a part of a key. `.` and `..` could be read as a path. */
function isPart(part: string): boolean {
  return /^[A-Za-z0-9!_.*'()=-]+$/.test(part) && part !== '.' && part !== '..';
}
