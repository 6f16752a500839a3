import { z } from 'zod';

/** The parts of a JSON schema that a table shows. */
interface Field {
  readonly type?: string;
  readonly description?: string;
  readonly unit?: string;
  readonly default?: unknown;
  readonly minimum?: number;
  readonly exclusiveMinimum?: number;
  readonly maximum?: number;
  readonly minItems?: number;
  readonly maxItems?: number;
  readonly enum?: readonly string[];
  readonly anyOf?: readonly Field[];
  readonly items?: { readonly properties: Readonly<Record<string, Field>> };
}

const TYPES: Readonly<Record<string, string>> = { boolean: 'true, false', object: 'an object' };

/** The parameters of a schema as a Markdown table of the documentation. */
export function parameterTable(schema: z.ZodObject): string {
  const { properties = {} } = z.toJSONSchema(schema, { io: 'input' });
  const rows = Object.entries(properties as Record<string, Field>).map(([name, field]) =>
    [`\`${name}\``, defaultOf(field), valuesOf(field), field.description].join(' | '),
  );
  return ['parameter | default | values | ', '--- | --- | --- | ---', ...rows]
    .map((row) => `| ${row} |`)
    .join('\n')
    .replace(/ {2}\|/g, ' |');
}

function defaultOf(field: Field): string {
  return field.default === undefined ? '' : JSON.stringify(field.default).replace(/"(\w+)"/g, '$1');
}

function valuesOf(field: Field): string {
  const [own, ...others] = field.anyOf ?? [field];
  const { minimum, exclusiveMinimum, maximum, items, type } = own!;
  const orNull = others.length > 0 ? ', null' : '';
  if (own!.enum) return own!.enum.join(', ');
  if (items) {
    return `${own!.minItems} to ${own!.maxItems} of ${Object.keys(items.properties).join(', ')}`;
  }
  if (maximum === undefined) return TYPES[type ?? 'object'] ?? 'text';
  const from = exclusiveMinimum === undefined ? `${minimum}` : `above ${exclusiveMinimum}`;
  const unit = field.unit === undefined ? '' : ` ${field.unit}`;
  const whole = type === 'integer' ? 'whole, ' : '';
  return `${whole}${from} to ${maximum}${unit}${orNull}`;
}
