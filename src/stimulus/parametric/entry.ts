import { z } from 'zod';
import { InputError } from '../../errors.js';
import { parseAs } from '../../formats/json.js';
import { Colour } from '../colour/colour.js';
import { errorAt } from '../errors.js';
import { isKind, type Kind, type Parameters, type Parametric, SCHEMAS } from './kinds.js';
import { replacedFields } from './replacing.js';
import { ImageView } from './view.js';

/** An entry that describes a stimulus, before it is parsed: `{"gabor": {...}, "units": "degrees"}`. */
export type Entry = Readonly<Record<string, unknown>>;

/** The keys that an entry may have next to the kind of stimulus. */
export const EntryOptions = z.strictObject({
  units: z
    .enum(['pixels', 'degrees'])
    .default('pixels')
    .meta({
      description:
        'of lengths, with cycles/degree for frequencies: degrees of visual angle, where the card of ' +
        'the model knows its scale; what is left out keeps its default in pixels',
    }),
  colour: Colour.optional(),
  clip: z.boolean().default(false).meta({
    description: 'sets pixels brighter than white to white, in place of rejecting the stimulus',
  }),
});

const PARSERS: { readonly [K in Kind]: z.ZodType<Parameters<K>> } = SCHEMAS;

/**
 * Parses an entry that describes a stimulus of a kind.
 * @param path the path of the entry; '' if it is the whole body
 * @param scale pixels per degree of visual angle, if known
 * @throws InputError naming each parameter that is wrong, and when degrees cannot be converted to
 *   pixels
 */
export function parseParametric<K extends Kind>(
  kind: K,
  entry: Entry,
  path: string,
  scale: number | undefined,
): Parametric<K> {
  const { value, clip, colour } = read(kind, PARSERS[kind], entry, path, scale);
  return { kind, parameters: value, clip, colour };
}

/** Parses the colour of an entry; undefined if it has none. @throws InputError naming what is wrong */
export function parseColour(entry: Entry, path: string): Colour | undefined {
  return parseAs(EntryOptions.shape.colour, entry['colour'], within(path, 'colour'));
}

/** Parses the entry of an image as `parseParametric` does. */
export function parseImageView(entry: Entry, path: string, scale: number | undefined): ImageView {
  const { value, colour } = read('image', ImageView, entry, path, scale);
  if (colour === undefined) return value;
  throw errorAt(
    within(path, 'colour'),
    'an image has its own colours; expected a rendered stimulus',
  );
}

/** Appends a name to a path: `stimuli[0]` and `grating` give `stimuli[0].grating`. */
export function within(path: string, name: string): string {
  return path === '' ? name : `${path}.${name}`;
}

/** The parameters of an entry, and the options next to them. */
interface Read<T> extends Pick<z.infer<typeof EntryOptions>, 'clip' | 'colour'> {
  readonly value: T;
}

function read<T>(
  kind: string,
  schema: z.ZodType<T>,
  entry: Entry,
  path: string,
  scale: number | undefined,
): Read<T> {
  const { [kind]: given, ...rest } = entry;
  const { units, ...options } = parseAs(EntryOptions, rest, path);
  const at = within(path, kind);
  checkReplaced(kind, given, at);
  if (units === 'pixels') return { value: parseAs(schema, given, at), ...options };
  if (scale === undefined) {
    throw errorAt(
      within(path, 'units'),
      'degrees cannot be converted to pixels: no model card states degreesPerImage; expected pixels',
    );
  }
  try {
    return { value: parseAs(schema, inPixels(given, scale), at), ...options };
  } catch (error) {
    throw error instanceof InputError ? scaled(error, scale) : error;
  }
}

/** @throws InputError when a parameter is given together with one that replaces it */
function checkReplaced(kind: string, given: unknown, at: string): void {
  if (!isKind(kind) || typeof given !== 'object' || given === null) return;
  const names = Object.keys(given);
  const both = replacedFields(SCHEMAS[kind].shape, names).find(({ name }) => names.includes(name));
  if (both === undefined) return;
  throw errorAt(
    within(at, both.by),
    `is given together with ${both.name}; expected one of the two`,
  );
}

/** Adds a note to an error that its limits are in pixels. */
function scaled(error: InputError, scale: number): InputError {
  const note = `(in pixels, ${Number(scale.toPrecision(4))} to the degree)`;
  const problems = error.problems.map(({ path, message }) => ({
    path,
    message: `${message} ${note}`,
  }));
  return new InputError(`${error.message} ${note}`, problems, { cause: error });
}

/** By their names, which mean the same in every kind. */
const UNITS: ReadonlyMap<string, unknown> = new Map(
  [...Object.values(SCHEMAS), ImageView].flatMap(({ shape }) =>
    Object.entries(shape).map(([name, field]) => [name, z.globalRegistry.get(field)?.['unit']]),
  ),
);

function inPixels(given: unknown, scale: number): unknown {
  if (Array.isArray(given)) return given.map((each) => inPixels(each, scale));
  if (typeof given !== 'object' || given === null) return given;
  const converted = Object.entries(given).map(([name, value]: [string, unknown]) => [
    name,
    typeof value === 'number' ? value * factor(name, scale) : inPixels(value, scale),
  ]);
  return Object.fromEntries(converted);
}

function factor(name: string, scale: number): number {
  const unit = UNITS.get(name);
  if (unit === 'pixels') return scale;
  return unit === 'cycles/pixel' ? 1 / scale : 1;
}
