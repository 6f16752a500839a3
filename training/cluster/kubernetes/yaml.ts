/** What a YAML document may hold here. */
export type YamlValue =
  | string
  | number
  | boolean
  | readonly YamlValue[]
  | { readonly [key: string]: YamlValue | undefined };

/** Writes a YAML document. Keys without a value are left out; a text that could be read as another type is quoted. */
export function toYaml(value: YamlValue): string {
  return `${lines(value).join('\n')}\n`;
}

function lines(value: YamlValue): string[] {
  if (isList(value)) return value.length === 0 ? ['[]'] : value.flatMap(item);
  if (typeof value === 'object') {
    const entries = Object.entries(value).filter(([, each]) => each !== undefined);
    return entries.length === 0 ? ['{}'] : entries.flatMap(([key, each]) => entry(key, each!));
  }
  return [typeof value === 'string' ? text(value) : String(value)];
}

function item(value: YamlValue): string[] {
  const [first, ...rest] = lines(value);
  return [`- ${first}`, ...rest.map((line) => `  ${line}`)];
}

function entry(key: string, value: YamlValue): string[] {
  const nested = lines(value);
  const isShort = typeof value !== 'object' || Object.keys(value).length === 0;
  if (isShort) return [`${text(key)}: ${nested[0]}`];
  return [`${text(key)}:`, ...nested.map((line) => `  ${line}`)];
}

/** A JSON string is a YAML string. */
function text(value: string): string {
  const isPlain = /^[A-Za-z/][\w./-]*$/.test(value) && !READ_AS_OTHERS.test(value);
  return isPlain ? value : JSON.stringify(value);
}

const READ_AS_OTHERS = /^(y|n|yes|no|on|off|true|false|null)$/i;

function isList(value: YamlValue): value is readonly YamlValue[] {
  return Array.isArray(value);
}
