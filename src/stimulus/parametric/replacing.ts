import { z } from 'zod';

const registry = z.registry<{ readonly replaces: string }>();

/** Marks a field that replaces another field; a stimulus with both is rejected. */
export function replacing<Field extends z.ZodType>(replaces: string, field: Field): Field {
  registry.add(field, { replaces });
  return field;
}

/** Finds the names of the fields that the given fields replace. */
export function replacedFields(
  shape: Readonly<Record<string, z.ZodType>>,
  given: readonly string[],
): { readonly name: string; readonly by: string }[] {
  return given.flatMap((by) => {
    const field = Object.hasOwn(shape, by) ? shape[by] : undefined;
    const name = field && registry.get(field)?.replaces;
    return name === undefined ? [] : [{ name, by }];
  });
}
