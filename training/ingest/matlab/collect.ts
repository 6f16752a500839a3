import type { ElementValues } from '../../../src/formats/npy-elements.js';
import type { ArrayFile } from '../arrays/find-sources.js';
import type { NamedArray, NamedTexts } from '../arrays/named-array.js';
import type { MatValue } from './values.js';

/** Arrays, texts and notes that were found in a file. */
interface Found {
  readonly arrays: NamedArray[];
  readonly texts: NamedTexts[];
  readonly notes: string[];
}

type Numbers = Extract<MatValue, { kind: 'numbers' }>;

/** The arrays of a .mat file, of any version, by the names of its variables. */
export function arraysOf(
  variables: ReadonlyMap<string, MatValue>,
  close: () => Promise<void>,
): ArrayFile {
  const found: Found = { arrays: [], texts: [], notes: [] };
  for (const [name, value] of variables) collect(found, name, value);
  return {
    ...{ format: 'MATLAB file', ...found },
    usual: { imageAxis: 'last', firstIndex: 1 },
    close,
  };
}

/** Collects what is in a value: fields of structs and places of cells by their paths, equal ones stacked. */
function collect(found: Found, name: string, value: MatValue): void {
  if (value.kind === 'numbers') {
    found.arrays.push({ ...value, name, fastest: 'first' });
  } else if (value.kind === 'text') {
    found.texts.push({ name, values: value.lines });
  } else if (value.kind === 'cell') {
    collectList(found, name, value.items);
  } else if (value.kind === 'struct') {
    for (const [field, values] of value.fields) collectList(found, `${name}.${field}`, values);
  } else if (value.what !== 'empty') {
    found.notes.push(`${name} is ${value.what}.`);
  }
}

function collectList(found: Found, name: string, items: readonly MatValue[]): void {
  const [first] = items;
  if (first === undefined) return;
  if (items.length === 1) {
    collect(found, name, first);
  } else if (first.kind === 'numbers' && items.every((item) => isLike(item, first))) {
    found.arrays.push(stack(name, items as readonly Numbers[]));
  } else if (items.every((item) => item.kind === 'text' && item.lines.length <= 1)) {
    const values = items.map((item) => (item.kind === 'text' ? (item.lines[0] ?? '') : ''));
    found.texts.push({ name, values });
  } else {
    for (const [i, item] of items.entries()) collect(found, `${name}{${i + 1}}`, item);
  }
}

function isLike(value: MatValue, { shape, element }: Numbers): boolean {
  return (
    value.kind === 'numbers' && value.element === element && String(value.shape) === String(shape)
  );
}

/** Arrays of one shape, one after the other: their number is the last axis. */
function stack(name: string, items: readonly Numbers[]): NamedArray {
  const [{ shape, element }] = items as [Numbers];
  const own = shape.filter((size) => size > 1);
  const size = own.reduce((product, length) => product * length, 1);
  return {
    ...{ name, element, shape: [...own, items.length], fastest: 'first' },
    async read(first, count) {
      const parts: ElementValues[] = [];
      for (let at = first; at < first + count; ) {
        const start = at % size;
        const length = Math.min(size - start, first + count - at);
        parts.push(await items[Math.floor(at / size)]!.read(start, length));
        at += length;
      }
      return joined(parts, count);
    },
  };
}

function joined(parts: readonly ElementValues[], count: number): ElementValues {
  const [first] = parts;
  if (first === undefined || parts.length === 1) return first ?? new Float32Array(0);
  const all = new (first.constructor as new (length: number) => ElementValues)(count);
  let at = 0;
  for (const part of parts) {
    all.set(part, at);
    at += part.length;
  }
  return all;
}
