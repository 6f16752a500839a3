import { InputError } from '../../src/errors.js';
import { OPCODES, rejectedName } from './opcodes.js';

/** What a pickle may refer to; everything else is rejected. */
export interface Whitelist {
  /** By `module.name`. */
  readonly classes: ReadonlyMap<string, unknown>;
  /** The value of a persistent id, such as one of PyTorch's storages. */
  readonly persistent: (id: unknown) => unknown;
}

/** A class or function of the whitelist that a pickle may call. */
export class Callable {
  readonly call: (parameters: readonly unknown[]) => unknown;

  /** @param call throws InputError, whose message has the pickle as its subject */
  constructor(call: (parameters: readonly unknown[]) => unknown) {
    this.call = call;
  }
}

/** A Python list. Checkpoints have lists next to the state dict; none is read, so none is kept. */
export class PickledList {}

const MAX_BYTES = 4 * 2 ** 20;
const MAX_STACK = 10_000;
const MAX_MEMO = 100_000;

/**
 * Reads a pickle (protocol 2) without running anything: dicts become Maps, tuples arrays. It knows
 * only the opcodes with which PyTorch writes a state dict, and only the whitelist's classes.
 * @throws InputError naming the opcode or the class, and its offset
 */
export function unpickle(bytes: Uint8Array, whitelist: Whitelist): unknown {
  if (bytes.length > MAX_BYTES) {
    throw new InputError(`its pickle has ${bytes.length} bytes, more than any state dict needs`);
  }
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const stack: unknown[] = [];
  /** Heights of the stack. */
  const marks: number[] = [];
  const memo = new Map<number, unknown>();
  let next = 2;
  let offset = 0;

  if (buffer[0] !== OPCODES.PROTO || buffer[1] !== 2) {
    throw new InputError(
      "its pickle is not of protocol 2, torch.save's own; save it again with that",
    );
  }
  try {
    for (;;) {
      offset = next;
      const opcode = buffer.readUInt8(take(1));
      if (opcode === OPCODES.STOP) return whole();
      execute(opcode);
      if (stack.length + marks.length > MAX_STACK || memo.size > MAX_MEMO) {
        throw new InputError('piles up more than any state dict does');
      }
    }
  } catch (error) {
    if (!(error instanceof InputError)) throw error;
    const message = `its pickle, at offset ${offset}, ${error.message}`;
    throw new InputError(message, [], { cause: error });
  }

  function execute(opcode: number): void {
    switch (opcode) {
      case OPCODES.MARK:
        marks.push(stack.length);
        break;
      case OPCODES.GLOBAL:
        stack.push(find(`${line()}.${line()}`));
        break;
      case OPCODES.REDUCE: {
        const [callable, parameters] = popTwo();
        if (!(callable instanceof Callable) || !Array.isArray(parameters)) {
          throw new InputError('calls what cannot be called');
        }
        stack.push(callable.call(parameters));
        break;
      }
      case OPCODES.BUILD:
        // the state of an OrderedDict is PyTorch's note of its modules' versions
        if (!(pop() instanceof Map)) throw new InputError('sets the state of an object');
        dict();
        break;
      case OPCODES.BINPERSID:
        stack.push(whitelist.persistent(pop()));
        break;
      case OPCODES.BINPUT:
        memo.set(buffer.readUInt8(take(1)), top());
        break;
      case OPCODES.LONG_BINPUT:
        memo.set(buffer.readUInt32LE(take(4)), top());
        break;
      case OPCODES.BINGET:
        stack.push(recall(buffer.readUInt8(take(1))));
        break;
      case OPCODES.LONG_BINGET:
        stack.push(recall(buffer.readUInt32LE(take(4))));
        break;
      case OPCODES.NONE:
        stack.push(null);
        break;
      case OPCODES.NEWTRUE:
      case OPCODES.NEWFALSE:
        stack.push(opcode === OPCODES.NEWTRUE);
        break;
      case OPCODES.BININT:
        stack.push(buffer.readInt32LE(take(4)));
        break;
      case OPCODES.BININT1:
        stack.push(buffer.readUInt8(take(1)));
        break;
      case OPCODES.BININT2:
        stack.push(buffer.readUInt16LE(take(2)));
        break;
      case OPCODES.LONG1:
        stack.push(longInteger(buffer.readUInt8(take(1))));
        break;
      case OPCODES.BINFLOAT:
        stack.push(buffer.readDoubleBE(take(8)));
        break;
      case OPCODES.BINUNICODE: {
        const length = buffer.readUInt32LE(take(4));
        const start = take(length);
        stack.push(buffer.toString('utf8', start, start + length));
        break;
      }
      case OPCODES.EMPTY_TUPLE:
        stack.push([]);
        break;
      case OPCODES.TUPLE:
        stack.push(popMarked());
        break;
      case OPCODES.TUPLE1:
        stack.push([pop()]);
        break;
      case OPCODES.TUPLE2:
        stack.push(popTwo());
        break;
      case OPCODES.TUPLE3: {
        const last = pop();
        stack.push([...popTwo(), last]);
        break;
      }
      case OPCODES.EMPTY_LIST:
        stack.push(new PickledList());
        break;
      case OPCODES.APPEND:
        pop();
        list();
        break;
      case OPCODES.APPENDS:
        popMarked();
        list();
        break;
      case OPCODES.EMPTY_DICT:
        stack.push(new Map());
        break;
      case OPCODES.SETITEM:
        setItems(popTwo());
        break;
      case OPCODES.SETITEMS:
        setItems(popMarked());
        break;
      default:
        throw new InputError(
          `uses the opcode ${rejectedName(opcode)}, which no state dict needs: ` +
            'it was rejected, and nothing of it was run',
        );
    }
  }

  /** Skips bytes. @returns where they begin */
  function take(length: number): number {
    if (next + length > buffer.length) {
      throw new InputError(`is cut off: it has ${buffer.length} bytes`);
    }
    next += length;
    return next - length;
  }

  function line(): string {
    const end = buffer.indexOf(0x0a, next);
    const length = (end < 0 ? buffer.length : end) - next;
    const start = take(length + 1);
    return buffer.toString('utf8', start, start + length);
  }

  function longInteger(length: number): number {
    if (length > 8) throw new InputError(`holds a whole number of ${length} bytes`);
    const start = take(length);
    const bigEndian = Buffer.from(buffer.subarray(start, next)).reverse();
    return Number(BigInt.asIntN(8 * length, BigInt(`0x0${bigEndian.toString('hex')}`)));
  }

  function find(name: string): unknown {
    if (whitelist.classes.has(name)) return whitelist.classes.get(name);
    throw new InputError(
      `names the class '${name.slice(0, 200)}', which no state dict needs: ` +
        'it was rejected, and nothing of it was run. If it is a network or a whole training that was ' +
        'saved, save its parameters alone: torch.save(net.state_dict(), file)',
    );
  }

  function recall(index: number): unknown {
    if (memo.has(index)) return memo.get(index);
    throw new InputError(`recalls ${index}, which it did not put aside`);
  }

  function pop(): unknown {
    const value = top();
    stack.pop();
    return value;
  }

  function popTwo(): [unknown, unknown] {
    const second = pop();
    return [pop(), second];
  }

  /** All above the last mark. */
  function popMarked(): unknown[] {
    const mark = marks.pop();
    if (mark === undefined) throw new InputError('uses a mark that it did not set');
    return stack.splice(mark);
  }

  function top(): unknown {
    if (stack.length <= (marks.at(-1) ?? 0)) {
      throw new InputError('uses a value that it did not make');
    }
    return stack.at(-1);
  }

  function dict(): Map<unknown, unknown> {
    const target = top();
    if (target instanceof Map) return target;
    throw new InputError('sets entries of what is not a dict');
  }

  function list(): void {
    if (!(top() instanceof PickledList)) throw new InputError('appends to what is not a list');
  }

  function setItems(items: readonly unknown[]): void {
    if (items.length % 2 !== 0) throw new InputError('sets a key without a value');
    const target = dict();
    for (let i = 0; i < items.length; i += 2) {
      const key = items[i];
      if (typeof key !== 'string' && typeof key !== 'number') {
        throw new InputError('has a key that is neither text nor a number');
      }
      target.set(key, items[i + 1]);
    }
  }

  function whole(): unknown {
    if (stack.length !== 1 || marks.length !== 0 || next !== buffer.length) {
      throw new InputError('does not end as it should');
    }
    return stack[0];
  }
}
