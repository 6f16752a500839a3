import { z } from 'zod';
import { InputError } from '../errors.js';
import { elementCount } from './npy.js';

const ELEMENTS = { F32: Float32Array, F64: Float64Array, I32: Int32Array, U8: Uint8Array } as const;

type TensorData = Float32Array | Float64Array | Int32Array | Uint8Array;

/** A named array: row-major data and its shape. */
export interface NamedTensor {
  readonly shape: readonly number[];
  readonly data: TensorData;
}

/** The element types of the format and their bytes; those in `ELEMENTS` are decoded here. */
const ELEMENT_BYTES = {
  F64: 8,
  F32: 4,
  F16: 2,
  BF16: 2,
  I64: 8,
  I32: 4,
  I16: 2,
  I8: 1,
  U64: 8,
  U32: 4,
  U16: 2,
  U8: 1,
  BOOL: 1,
} as const;
type SafetensorsElement = keyof typeof ELEMENT_BYTES;

/** One tensor of a file, as its header describes it. */
export interface SafetensorsEntry {
  readonly element: SafetensorsElement;
  readonly shape: readonly number[];
  /** Its elements, row-major and little-endian; a view on the file. */
  readonly bytes: Uint8Array;
}

const Entry = z.strictObject({
  dtype: z.enum(Object.keys(ELEMENT_BYTES) as [SafetensorsElement]),
  shape: z.array(z.int().nonnegative()).max(8),
  data_offsets: z.tuple([z.int().nonnegative(), z.int().nonnegative()]),
});
const Metadata = z.record(z.string(), z.string());

/** Longest header accepted, as in the reference implementation. */
const MAX_HEADER_BYTES = 100_000_000;

/**
 * Reads a .safetensors file.
 * @throws InputError when the header does not describe the bytes exactly, or a tensor has elements
 *   that are not decoded here
 */
export function decodeSafetensors(bytes: Uint8Array): Map<string, NamedTensor> {
  return new Map(
    [...readSafetensors(bytes)].map(([name, { element, shape, bytes: own }]) => {
      if (!isDecoded(element)) {
        throw new InputError(`the .safetensors tensor '${name}' has elements of type ${element}`);
      }
      const aligned = new Uint8Array(own); // a copy, at the beginning of its buffer
      return [name, { shape, data: new ELEMENTS[element](aligned.buffer) }];
    }),
  );
}

/**
 * Reads the header of a .safetensors file: 8 bytes of header length (little-endian), a
 * JSON header, raw tensors.
 * @throws InputError when the header does not describe the bytes exactly
 */
export function readSafetensors(bytes: Uint8Array): Map<string, SafetensorsEntry> {
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (buffer.length < 8) throw new InputError('the .safetensors file is cut off');
  const headerLength = Number(buffer.readBigUInt64LE(0));
  if (headerLength > MAX_HEADER_BYTES || 8 + headerLength > buffer.length) {
    throw new InputError('the .safetensors header is longer than the file, which is cut off');
  }
  const start = 8 + headerLength;
  const entries = new Map<string, SafetensorsEntry>();
  let covered = 0;
  for (const [name, value] of headerEntries(buffer, headerLength)) {
    if (name === '__metadata__') {
      if (Metadata.safeParse(value).success) continue;
      throw new InputError("the .safetensors '__metadata__' is not made of strings");
    }
    const entry = Entry.safeParse(value);
    if (!entry.success) throw new InputError(`the .safetensors entry '${name}' cannot be read`);
    const { dtype, shape, data_offsets: offsets } = entry.data;
    const size = offsets[1] - offsets[0];
    if (size !== elementCount(shape) * ELEMENT_BYTES[dtype] || start + offsets[1] > buffer.length) {
      throw new InputError(`the .safetensors tensor '${name}' is cut off or its shape is wrong`);
    }
    covered += size;
    const own = bytes.subarray(start + offsets[0], start + offsets[1]);
    entries.set(name, { element: dtype, shape, bytes: own });
  }
  if (start + covered !== buffer.length) {
    throw new InputError('the .safetensors file has bytes that no tensor describes');
  }
  return entries;
}

/** Writes tensors in the order given, each on an 8-byte boundary of the header's padding. */
export function encodeSafetensors(
  tensors: ReadonlyMap<string, NamedTensor>,
  metadata: Readonly<Record<string, string>> = {},
): Uint8Array {
  const entries: [string, unknown][] = [];
  if (Object.keys(metadata).length > 0) entries.push(['__metadata__', metadata]);
  const bodies: Buffer[] = [];
  let offset = 0;
  for (const [name, { shape, data }] of tensors) {
    if (elementCount(shape) !== data.length) {
      throw new Error(`tensor '${name}': [${shape}] does not hold ${data.length} elements`);
    }
    const offsets = [offset, offset + data.byteLength];
    entries.push([name, { dtype: readDtype(data), shape, data_offsets: offsets }]);
    offset += data.byteLength;
    bodies.push(Buffer.from(data.buffer, data.byteOffset, data.byteLength));
  }
  const text = JSON.stringify(Object.fromEntries(entries));
  const padded = Buffer.from(text.padEnd(Math.ceil(Buffer.byteLength(text) / 8) * 8), 'utf8');
  const length = Buffer.alloc(8);
  length.writeBigUInt64LE(BigInt(padded.length));
  return Buffer.concat([length, padded, ...bodies]);
}

function headerEntries(buffer: Buffer, length: number): [string, unknown][] {
  try {
    const header: unknown = JSON.parse(buffer.toString('utf8', 8, 8 + length));
    // a tensor may be named __proto__, which a zod record leaves out
    return Object.entries(z.custom<object>(isObject).parse(header));
  } catch (cause) {
    throw new InputError('the .safetensors header is not JSON', [], { cause });
  }
}

function isObject(value: unknown): boolean {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function readDtype(data: TensorData): string {
  return Object.entries(ELEMENTS).find(([, kind]) => data instanceof kind)![0];
}

function isDecoded(element: string): element is keyof typeof ELEMENTS {
  return Object.hasOwn(ELEMENTS, element);
}
