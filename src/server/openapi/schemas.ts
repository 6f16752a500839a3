import { z } from 'zod';

/** A part of the document. */
export type Json = { readonly [name: string]: unknown };

/** Converts schemas into those of the document, which has each named schema once. */
export interface Schemas {
  of(schema: z.ZodType, io: 'input' | 'output'): Json;
  /** All named schemas, by name. */
  components(): Json;
}

export function createSchemas(): Schemas {
  const components = new Map<string, Json>();
  return {
    of(schema, io) {
      const { $defs = {}, ...root } = converted(schema, io);
      for (const [name, definition] of Object.entries($defs as Record<string, Json>)) {
        components.set(name, withoutId(definition));
      }
      return root;
    },
    components: () => Object.fromEntries([...components].toSorted(([a], [b]) => (a < b ? -1 : 1))),
  };
}

function converted(schema: z.ZodType, io: 'input' | 'output'): Json {
  const { $schema: _, ...document } = z.toJSONSchema(schema, { io, override: plainTuple });
  return JSON.parse(JSON.stringify(document).replaceAll('#/$defs/', '#/components/schemas/'));
}

/** A tuple of equal elements as a list of fixed length, which more tools support. */
function plainTuple({ jsonSchema }: { readonly jsonSchema: z.core.JSONSchema.BaseSchema }): void {
  const [first, ...others] = jsonSchema.prefixItems ?? [];
  if (first === undefined) return;
  if (others.some((other) => JSON.stringify(other) !== JSON.stringify(first))) return;
  delete jsonSchema.prefixItems;
  jsonSchema.items = first;
}

function withoutId({ id: _, ...rest }: Json): Json {
  return rest;
}
