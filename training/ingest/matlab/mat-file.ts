import { type FileHandle, open } from 'node:fs/promises';
import { InputError } from '../../../src/errors.js';
import { elementCount } from '../../../src/formats/npy.js';
import { type Bytes, bytesOfBuffer, bytesOfFile } from '../arrays/bytes.js';
import { COMPRESSED, MATRIX, readElement } from './elements.js';
import { inflateAll, inflateHead } from './inflate.js';
import { type MatValue, NUMERIC, readHeader, readValue } from './values.js';

/** A .mat file of version 5 or 7, whose numbers are read when they are needed. */
export interface MatFile {
  readonly variables: ReadonlyMap<string, MatValue>;
  close(): Promise<void>;
}

const HEADER_BYTES = 128;
/** Enough compressed bytes for the header of an array. */
const HEAD_BYTES = 1024;

/** Whether bytes at the beginning of a file are those of a .mat file of version 5 or 7. */
export function isMat5(head: Buffer): boolean {
  return head.toString('latin1', 0, 10) === 'MATLAB 5.0';
}

/** Whether bytes at the beginning of a file are those of a .mat file of version 4, which has no text at its start. */
export function isMat4(head: Buffer): boolean {
  if (head.length < 22) return false;
  for (const read of [head.readInt32LE.bind(head), head.readInt32BE.bind(head)]) {
    const [type, rows, columns, imaginary, nameLength] = [0, 4, 8, 12, 16].map((at) => read(at));
    const digits = String(type).padStart(4, '0');
    const name = head.toString('latin1', 20, 20 + Math.min(nameLength!, 64));
    if (
      /^[01]0[0-5][0-2]$/.test(digits) &&
      rows! > 0 &&
      columns! > 0 &&
      (imaginary === 0 || imaginary === 1) &&
      /^[A-Za-z]\w*\0$/.test(name)
    ) {
      return true;
    }
  }
  return false;
}

/**
 * Opens a .mat file of version 5 or 7.
 * @throws InputError where it is cut off or damaged
 */
export async function openMatFile(file: string): Promise<MatFile> {
  const handle = await open(file);
  try {
    return { variables: await readVariables(handle), close: () => handle.close() };
  } catch (error) {
    await handle.close();
    throw error;
  }
}

async function readVariables(handle: FileHandle): Promise<Map<string, MatValue>> {
  const { size } = await handle.stat();
  const bytes = bytesOfFile(handle, size);
  const mark = (await bytes.read(0, HEADER_BYTES)).toString('latin1', 126);
  if (mark !== 'IM' && mark !== 'MI') {
    throw new InputError(`it is damaged: its byte order is '${mark}'; expected IM or MI`);
  }
  const bigEndian = mark === 'MI';
  const variables = new Map<string, MatValue>();
  for (let at = HEADER_BYTES; at < size; ) {
    const { type, at: start, length, next } = await readElement(bytes, at, size, bigEndian);
    if (type === MATRIX) {
      const { name } = await readHeader(bytes, start, start + length, bigEndian);
      if (name !== '')
        variables.set(name, await readValue(bytes, start, start + length, bigEndian));
    } else if (type === COMPRESSED) {
      const { name, value } = await readCompressed(bytes, start, length, bigEndian);
      if (name !== '') variables.set(name, value);
    } else {
      throw new InputError(`it is damaged: an element of type ${type} is not in an array`);
    }
    at = next;
  }
  return variables;
}

/** Reads a compressed variable; numbers are inflated only when they are read. */
async function readCompressed(bytes: Bytes, at: number, length: number, bigEndian: boolean) {
  const head = await inflateHead(await bytes.read(at, Math.min(length, HEAD_BYTES)));
  const whole = async () => {
    const inflated = bytesOfBuffer(await inflateAll(await bytes.read(at, length)));
    const element = await readElement(inflated, 0, inflated.length, bigEndian);
    if (element.type !== MATRIX) throw new InputError('it is damaged: it compresses no array');
    const end = element.at + element.length;
    return await readValue(inflated, element.at, end, bigEndian);
  };
  // The head is shorter than its array says.
  const header = await readHeader(bytesOfBuffer(head), 8, head.length, bigEndian);
  const { name, shape, type, isComplex, isLogical } = header;
  const element = isLogical ? 'b1' : NUMERIC[type];
  if (element === undefined || isComplex) return { name, value: await whole() };
  let loaded: Promise<MatValue> | undefined;
  const value: MatValue = {
    ...{ kind: 'numbers', shape, element },
    async read(first, count) {
      loaded ??= whole();
      const array = await loaded;
      if (array.kind !== 'numbers' || elementCount(array.shape) !== elementCount(shape)) {
        throw new InputError('it is damaged: an array differs from its header');
      }
      return array.read(first, count);
    },
  };
  return { name, value };
}
