import { headingAnchor } from '../anchors.js';
import type { Schema } from './document.js';

/** Levels of objects within objects that a table shows. */
const DEPTH = 4;
/** The largest whole number that JSON holds exactly; a limit that is there in any case. */
const WHOLE = Number.MAX_SAFE_INTEGER;

/** A table of all fields of a schema in Markdown; empty where the schema has no fields. */
export function schemaTable(schema: Schema): string {
  const rows = fieldRows(schema, '', DEPTH);
  if (rows.length === 0) return '';
  return ['| field | type | meaning |', '|---|---|---|', ...rows].join('\n');
}

function fieldRows(schema: Schema, prefix: string, depth: number): string[] {
  if (depth === 0) return [];
  if (schema.items) return fieldRows(schema.items, `${prefix}[]`, depth);
  const variants = schema.anyOf ?? schema.oneOf ?? schema.allOf;
  if (variants) return [...new Set(variants.flatMap((each) => fieldRows(each, prefix, depth)))];
  const named = Object.entries(schema.properties ?? {}).flatMap(([name, field]) => {
    const full = prefix === '' ? name : `${prefix}.${name}`;
    const need = schema.required?.includes(name) ? '' : ', optional';
    const row = `| \`${full}\` | ${typeText(field)}${need} | ${meaning(field)} |`;
    return [row, ...fieldRows(field, full, depth - 1)];
  });
  const { additionalProperties: others } = schema;
  const further = typeof others === 'object' ? fieldRows(others, `${prefix}.*`, depth - 1) : [];
  return [...named, ...further];
}

/**
 * The type of a value in words, with links to named schemas.
 * @example typeText({ type: 'array', items: { type: 'number' } }) // array of number
 */
export function typeText(schema: Schema): string {
  const { $ref, items, additionalProperties: others } = schema;
  if ($ref !== undefined) {
    const name = $ref.slice($ref.lastIndexOf('/') + 1);
    return `[${name}](./api-schemas.md#${headingAnchor(name)})`;
  }
  const variants = schema.anyOf ?? schema.oneOf;
  if (variants) return [...new Set(variants.map(typeText))].join(' or ');
  if (schema.allOf) return schema.allOf.map(typeText).join(' and ');
  if (schema.const !== undefined) return code(schema.const);
  if (schema.enum) return schema.enum.map(code).join(', ');
  if (items) return `array of ${typeText(items)}`;
  if (schema.type === 'object' && typeof others === 'object' && Object.keys(others).length > 0) {
    return `object of ${typeText(others)}`;
  }
  const type = [schema.type ?? 'any value'].flat().join(' or ');
  return [schema.format === 'binary' ? 'bytes' : type, range(schema)].filter(Boolean).join(' ');
}

function range({ minimum, maximum }: Schema): string {
  const low = minimum !== undefined && minimum > -WHOLE ? minimum : undefined;
  const high = maximum !== undefined && maximum < WHOLE ? maximum : undefined;
  if (low !== undefined && high !== undefined) return `from ${low} to ${high}`;
  if (low !== undefined) return `from ${low}`;
  return high === undefined ? '' : `to ${high}`;
}

function meaning({ description = '', default: byDefault }: Schema): string {
  const text = escaped(description);
  if (byDefault === undefined) return text;
  return `${text}${text === '' ? '' : '; '}${code(byDefault)} by default`;
}

function code(value: unknown): string {
  return `\`${JSON.stringify(value).replaceAll('|', '\\|')}\``;
}

/** Text for a cell of a table. */
export function escaped(text: string): string {
  return text
    .replaceAll(/[<>{}]/g, (character) => `&#${character.codePointAt(0)};`)
    .replaceAll('|', '\\|')
    .replaceAll('\n', ' ');
}
