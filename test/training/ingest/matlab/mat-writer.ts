import { deflateSync } from 'node:zlib';

/** An array to be written, column-major. */
export type Written =
  | {
      readonly kind: 'numbers';
      readonly shape: readonly number[];
      /** The number of its class in a file, such as 6 for double. */
      readonly type: number;
      /** The number of the type that its numbers are stored in, such as 2 for uint8. */
      readonly stored: number;
      readonly values: readonly number[];
      readonly flags?: number;
    }
  | { readonly kind: 'text'; readonly text: string; readonly encoding: 'utf8' | 'utf16' }
  /** An object of MATLAB, such as a table, without its content. */
  | { readonly kind: 'object' }
  | { readonly kind: 'cell'; readonly items: readonly Written[] }
  | { readonly kind: 'struct'; readonly fields: Readonly<Record<string, Written>> };

export interface Form {
  readonly bigEndian: boolean;
  readonly compressed: boolean;
  /** Whether data of up to 4 bytes are in their tag. */
  readonly small: boolean;
}

const SIZES: Readonly<Record<number, number>> = {
  ...{ 1: 1, 2: 1, 3: 2, 4: 2, 5: 4, 6: 4, 7: 4, 9: 8, 12: 8, 13: 8 },
};

/** Writes a .mat file of version 5 (7 where it is compressed), as the format's description has it. */
export function writeMat(variables: Readonly<Record<string, Written>>, form: Form): Buffer {
  const header = Buffer.alloc(128, ' ');
  header.write('MATLAB 5.0 MAT-file, written for a test');
  header.fill(0, 116, 124);
  header.set(form.bigEndian ? [1, 0, 0x4d, 0x49] : [0, 1, 0x49, 0x4d], 124);
  const arrays = Object.entries(variables).map(([name, value]) => {
    const array = writeArray(name, value, form);
    if (!form.compressed) return array;
    const deflated = deflateSync(array);
    return Buffer.concat([tag(15, deflated.length, form), deflated]);
  });
  return Buffer.concat([header, ...arrays]);
}

function writeArray(name: string, value: Written, form: Form): Buffer {
  const head = (type: number, shape: readonly number[], flags = 0) => [
    numbers(6, [(flags << 8) | type, 0], form),
    numbers(5, shape, form),
    numbers(1, [...Buffer.from(name)], form),
  ];
  const parts = (): Buffer[] => {
    switch (value.kind) {
      case 'numbers':
        return [
          ...head(value.type, value.shape, value.flags),
          numbers(value.stored, value.values, form),
        ];
      case 'text': {
        const { text, encoding } = value;
        const data =
          encoding === 'utf8'
            ? element(16, Buffer.from(text), form)
            : numbers(
                4,
                text.split('').map((unit) => unit.charCodeAt(0)),
                form,
              );
        return [...head(4, [1, text.length]), data];
      }
      case 'object':
        return [
          numbers(6, [17, 0], form),
          ...[name, 'MCOS', 'table'].map((text) => numbers(1, [...Buffer.from(text)], form)),
        ];
      case 'cell':
        return [
          ...head(1, [1, value.items.length]),
          ...value.items.map((item) => writeArray('', item, form)),
        ];
      case 'struct': {
        const fields = Object.entries(value.fields);
        const names = Buffer.alloc(32 * fields.length);
        for (const [i, [field]] of fields.entries()) names.write(field, 32 * i);
        return [
          ...head(2, [1, 1]),
          numbers(5, [32], form),
          element(1, names, form),
          ...fields.map(([, item]) => writeArray('', item, form)),
        ];
      }
    }
  };
  return element(14, Buffer.concat(parts()), { ...form, small: false });
}

function numbers(type: number, values: readonly number[], form: Form): Buffer {
  const size = SIZES[type]!;
  const bytes = Buffer.alloc(size * values.length);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  for (const [i, value] of values.entries()) put(view, type, i * size, value, !form.bigEndian);
  return element(type, bytes, form);
}

function put(view: DataView, type: number, at: number, value: number, little: boolean): void {
  if (type === 1) view.setInt8(at, value);
  else if (type === 2) view.setUint8(at, value);
  else if (type === 3) view.setInt16(at, value, little);
  else if (type === 4) view.setUint16(at, value, little);
  else if (type === 5) view.setInt32(at, value, little);
  else if (type === 6) view.setUint32(at, value, little);
  else if (type === 7) view.setFloat32(at, value, little);
  else if (type === 9) view.setFloat64(at, value, little);
  else if (type === 12) view.setBigInt64(at, BigInt(value), little);
  else view.setBigUint64(at, BigInt(value), little);
}

function element(type: number, bytes: Buffer, form: Form): Buffer {
  if (form.small && bytes.length > 0 && bytes.length <= 4) {
    const small = Buffer.alloc(8);
    const word = (bytes.length << 16) | type;
    if (form.bigEndian) small.writeUInt32BE(word);
    else small.writeUInt32LE(word);
    bytes.copy(small, 4);
    return small;
  }
  return Buffer.concat([tag(type, bytes.length, form), bytes, Buffer.alloc(-bytes.length & 7)]);
}

function tag(type: number, length: number, { bigEndian }: Form): Buffer {
  const bytes = Buffer.alloc(8);
  for (const [at, value] of [
    [0, type],
    [4, length],
  ] as const) {
    if (bigEndian) bytes.writeUInt32BE(value, at);
    else bytes.writeUInt32LE(value, at);
  }
  return bytes;
}
