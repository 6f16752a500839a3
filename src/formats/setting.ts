import { z } from 'zod';

/** Decimal digits only: `1e3`, `0x10`, `+5` and ` 8` are more likely mistakes than numbers. */
export const integer = (least: number, most: number) =>
  z
    .string()
    .regex(/^\d{1,15}$/)
    .transform(Number)
    .pipe(z.number().min(least).max(most));

/** An environment variable, as text. */
export interface Setting<Schema extends z.ZodType> {
  readonly schema: Schema;
  /** The default, as it is written in the environment. */
  readonly fallback: string;
  /** What values are accepted. */
  readonly accepted: string;
  /** What it sets, for `hypercolumn serve --help`. */
  readonly description: string;
}

/** Declares a setting. */
export const setting = <Schema extends z.ZodType>(
  schema: Schema,
  fallback: string,
  accepted: string,
  description: string,
): Setting<Schema> => ({ schema, fallback, accepted, description });

/** A setting with one of some values. */
export const choice = <const Options extends readonly string[]>(
  options: Options,
  fallback: string,
  description: string,
) => setting(z.enum(options), fallback, `one of ${options.join(', ')}`, description);

/** A setting with a whole number. */
export const whole = (
  fallback: number,
  range: readonly [number, number],
  unit: string,
  description: string,
) =>
  setting(
    integer(...range),
    String(fallback),
    `a whole number of ${unit}, ${range[0]} to ${range[1]}`,
    description,
  );

/** An empty value is undefined. */
export const optional = <Output>(schema: z.ZodType<Output, string>) =>
  z
    .literal('')
    .transform(() => undefined)
    .or(schema);

/** An address with one of these schemes, which programs can parse. */
export const address = (schemes: RegExp) =>
  z.string().refine((text) => schemes.test(text) && URL.canParse(text));
