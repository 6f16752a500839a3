import { InputError } from '../../../src/errors.js';
import type { ElementValues } from '../../../src/formats/npy-elements.js';
import { findSources } from '../arrays/find-sources.js';
import type { NamedArray, NamedTexts } from '../arrays/named-array.js';
import type { LabFormat } from '../formats.js';
import { naming, readHead } from '../read-file.js';
import { isMat4, isMat5, openMatFile } from './mat-file.js';
import type { MatValue } from './values.js';

/** Arrays, texts and notes that were found in a file. */
interface Found {
  readonly arrays: NamedArray[];
  readonly texts: NamedTexts[];
  readonly notes: string[];
}

/** Enough to distinguish the versions. */
const HEAD_BYTES = 128;

type Numbers = Extract<MatValue, { kind: 'numbers' }>;

/** A .mat file of version 5 or 7; version 7.3 is HDF5. */
export const MATLAB: LabFormat = {
  name: 'a MATLAB file (.mat of version 5 or 7)',
  async matches(place) {
    const head = await readHead(place, HEAD_BYTES);
    return isMat5(head) || isMat4(head);
  },
  async open(place) {
    if (isMat4(await readHead(place, HEAD_BYTES))) {
      throw new InputError(
        `${place} is a MATLAB file of version 4, which is not read; expected version 7: save it with ` +
          "save('file.mat', '-v7')",
      );
    }
    return await naming(place, async () => {
      const { variables, close } = await openMatFile(place);
      const found: Found = { arrays: [], texts: [], notes: [] };
      for (const [name, value] of variables) collect(found, name, value);
      try {
        return await findSources({
          format: 'MATLAB file',
          ...found,
          usual: { imageAxis: 'last', firstIndex: 1 },
          close,
        });
      } catch (error) {
        await close();
        throw error;
      }
    });
  },
};

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
