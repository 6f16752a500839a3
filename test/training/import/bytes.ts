import type { NamedTensor } from '../../../src/formats/safetensors.js';
import { crc32 } from '../../../training/import/zip.js';

/** A file of an archive. Sizes and checksum are those of its bytes, unless they are given. */
export interface ZippedFile {
  readonly name: string;
  readonly bytes: Uint8Array;
  readonly sum?: number;
  readonly size?: number;
  readonly method?: number;
  readonly flags?: number;
}

/** A zip archive written from the description of the format; with `zip64`, sizes are in extra fields. */
export function zip(files: readonly ZippedFile[], { zip64 = false } = {}): Buffer {
  const bodies: Buffer[] = [];
  const directory: Buffer[] = [];
  let offset = 0;
  for (const file of files) {
    const local = header(0x04034b50, file, 30, zip64);
    directory.push(header(0x02014b50, file, 46, zip64, offset));
    bodies.push(local, Buffer.from(file.bytes));
    offset += local.length + file.bytes.length;
  }
  const listing = Buffer.concat(directory);
  return Buffer.concat([...bodies, listing, end(files.length, listing.length, offset, zip64)]);
}

/** A local header (30 bytes and the name) or one of the central directory (46). */
function header(
  signature: number,
  { name, bytes, sum = crc32(bytes), size = bytes.length, method = 0, flags = 0 }: ZippedFile,
  length: number,
  zip64: boolean,
  offset = 0,
): Buffer {
  const central = length === 46 ? 2 : 0; // It begins with the version of the program that made it.
  const text = Buffer.from(name);
  const extra = zip64 ? Buffer.alloc(28) : Buffer.alloc(0);
  if (zip64) {
    extra.writeUInt16LE(1, 0);
    extra.writeUInt16LE(24, 2);
    for (const [i, value] of [size, size, offset].entries()) {
      extra.writeBigUInt64LE(BigInt(value), 4 + 8 * i);
    }
  }
  const buffer = Buffer.alloc(length);
  buffer.writeUInt32LE(signature, 0);
  buffer.writeUInt16LE(flags, 6 + central);
  buffer.writeUInt16LE(method, 8 + central);
  buffer.writeUInt32LE(sum, 14 + central);
  buffer.writeUInt32LE(zip64 ? 0xffffffff : size, 18 + central);
  buffer.writeUInt32LE(zip64 ? 0xffffffff : size, 22 + central);
  buffer.writeUInt16LE(text.length, 26 + central);
  buffer.writeUInt16LE(extra.length, 28 + central);
  if (central) buffer.writeUInt32LE(zip64 ? 0xffffffff : offset, 42);
  return Buffer.concat([buffer, text, extra]);
}

function end(files: number, length: number, offset: number, zip64: boolean): Buffer {
  const last = Buffer.alloc(22);
  last.writeUInt32LE(0x06054b50, 0);
  last.writeUInt16LE(zip64 ? 0xffff : files, 8);
  last.writeUInt16LE(zip64 ? 0xffff : files, 10);
  last.writeUInt32LE(zip64 ? 0xffffffff : length, 12);
  last.writeUInt32LE(zip64 ? 0xffffffff : offset, 16);
  if (!zip64) return last;
  const record = Buffer.alloc(56);
  record.writeUInt32LE(0x06064b50, 0);
  record.writeBigUInt64LE(44n, 4);
  for (const [i, value] of [files, files, length, offset].entries()) {
    record.writeBigUInt64LE(BigInt(value), 24 + 8 * i);
  }
  const locator = Buffer.alloc(20);
  locator.writeUInt32LE(0x07064b50, 0);
  locator.writeBigUInt64LE(BigInt(offset + length), 8);
  locator.writeUInt32LE(1, 16);
  return Buffer.concat([record, locator, last]);
}

/** Opcodes and operands, as characters or bytes. */
export type PicklePart = string | number | Uint8Array;

/** Builds a pickle. */
export function pickle(...parts: readonly PicklePart[]): Buffer {
  return Buffer.concat(
    parts.map((part) => {
      if (typeof part === 'number') return Buffer.of(part);
      return typeof part === 'string' ? Buffer.from(part, 'latin1') : part;
    }),
  );
}

/** The operand of GLOBAL, with its opcode. */
export function global(module: string, name: string): string {
  return `c${module}\n${name}\n`;
}

/** BINUNICODE */
export function text(value: string): Buffer {
  const bytes = Buffer.from(value);
  return pickle('X', uint32(bytes.length), bytes);
}

/** BININT */
export function integer(value: number): Buffer {
  const bytes = Buffer.alloc(5);
  bytes.write('J');
  bytes.writeInt32LE(value, 1);
  return bytes;
}

export function uint32(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32LE(value);
  return bytes;
}

/** Changes to a valid pickle of a tensor. */
export interface TensorPickle {
  readonly shape: readonly number[];
  readonly strides?: readonly number[];
  readonly offset?: number;
  /** Elements of its storage. */
  readonly length?: number;
  readonly storageClass?: string;
}

/** A call of _rebuild_tensor_v2, as torch.save writes it except for the memo. */
export function tensorPickle(key: string, tensor: TensorPickle): Buffer {
  const { shape, offset = 0, storageClass = 'FloatStorage' } = tensor;
  const product = (sizes: readonly number[]) => sizes.reduce((a, b) => a * b, 1);
  const { strides = shape.map((_, axis) => product(shape.slice(axis + 1))) } = tensor;
  const { length = product(shape) } = tensor;
  const tuple = (values: readonly number[]) => pickle('(', ...values.map(integer), 't');
  const storage = pickle(
    ...['(', text('storage'), global('torch', storageClass), text(key), text('cpu')],
    ...[integer(length), 'tQ'],
  );
  return pickle(
    ...[global('torch._utils', '_rebuild_tensor_v2'), '(', storage, integer(offset)],
    ...[tuple(shape), tuple(strides), 0x89, global('collections', 'OrderedDict'), ')RtR'],
  );
}

/** A pickled dict of tensors: name -> their pickles. */
export function statePickle(tensors: ReadonlyMap<string, Buffer>): Buffer {
  const items = [...tensors].flatMap(([name, bytes]) => [text(name), bytes]);
  return pickle(0x80, 2, global('collections', 'OrderedDict'), ')R(', ...items, 'u.');
}

/** A checkpoint of float32 tensors, as torch.save writes it. */
export function checkpointFile(
  tensors: ReadonlyMap<string, NamedTensor>,
  changes: {
    readonly files?: readonly ZippedFile[];
    readonly zip64?: boolean;
    readonly withoutSums?: boolean;
  } = {},
): Buffer {
  const entries = [...tensors];
  const pickles = entries.map(
    ([name, { shape }], i) => [name, tensorPickle(String(i), { shape })] as const,
  );
  const storages = entries.map(([, { data }], i) => ({
    name: `archive/data/${i}`,
    bytes: new Uint8Array(data.buffer, data.byteOffset, data.byteLength),
  }));
  const files = [
    { name: 'archive/data.pkl', bytes: statePickle(new Map(pickles)) },
    { name: 'archive/byteorder', bytes: Buffer.from('little') },
    ...storages,
    { name: 'archive/version', bytes: Buffer.from('3\n') },
    { name: 'archive/.data/serialization_id', bytes: Buffer.from('1') },
  ];
  const changed = new Map([...files, ...(changes.files ?? [])].map((file) => [file.name, file]));
  const sum = changes.withoutSums ? { sum: 0 } : {};
  return zip(
    [...changed.values()].map((file) => ({ ...file, ...sum })),
    changes,
  );
}
