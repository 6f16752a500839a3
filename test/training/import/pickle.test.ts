import fc from 'fast-check';
import { expect, test } from 'vitest';
import { Callable, PickledList, unpickle } from '../../../training/import/pickle.js';
import {
  global,
  integer,
  type PicklePart,
  pickle,
  statePickle,
  tensorPickle,
  text,
  uint32,
} from './bytes.js';
import { changedFiles, rejection } from './rejection.js';

const CALLED: (readonly unknown[])[] = [];
const WHITELIST = {
  classes: new Map<string, unknown>([
    ['collections.OrderedDict', new Callable(() => new Map())],
    ['torch._utils._rebuild_tensor_v2', new Callable((parameters) => CALLED.push(parameters))],
    ['torch.FloatStorage', 'a class'],
  ]),
  persistent: (id: unknown) => ({ id }),
};
const PROTO = Buffer.of(0x80, 2);

function read(...parts: PicklePart[]): unknown {
  return unpickle(pickle(PROTO, ...parts), WHITELIST);
}

const rejectionFor = (...parts: PicklePart[]) => rejection(() => read(...parts));

test('objects that Python writes are read', () => {
  expect(read(text('naïve'), '.')).toBe('naïve');
  expect(read(integer(-70000), '.')).toBe(-70000);
  expect(read('K', 255, '.')).toBe(255);
  expect(read('M', 0xff, 0xff, '.')).toBe(65535);
  expect(read(0x8a, 0, '.')).toBe(0);
  expect(read(0x8a, 6, 0, 0, 0, 0, 0, 1, '.')).toBe(2 ** 40);
  expect(read(0x8a, 2, 0, 0x80, '.')).toBe(-32768);
  expect(read('G', Buffer.of(0x3f, 0xd0, 0, 0, 0, 0, 0, 0), '.')).toBe(0.25);
  expect(read('(N', 0x88, 0x89, 't.')).toEqual([null, true, false]);
  expect(read(')', 0x85, 'K', 1, 0x86, 'K', 2, 'K', 3, 0x87, '.')).toEqual([[[[]], 1], 2, 3]);
  expect(read('}(', text('a'), 'K', 1, 'K', 7, 'K', 2, 'u', text('b'), 'Ns.')).toEqual(
    new Map<unknown, unknown>([...Object.entries({ a: 1 }), [7, 2], ['b', null]]),
  );
  expect(read(']K', 1, 'a(K', 2, 'K', 3, 'e.')).toEqual(new PickledList());
  expect(
    read('K', 5, 'q', 0, 'r', uint32(2 ** 31), 'h', 0, 'j', uint32(2 ** 31), 0x87, '.'),
  ).toEqual([5, 5, 5]);
  // This is an OrderedDict with the state that PyTorch gives it.
  expect(read(global('collections', 'OrderedDict'), ')R}', text('_metadata'), '}sb.')).toEqual(
    new Map(),
  );
});

test('a call gets its arguments, and a persistent id is looked up', () => {
  CALLED.length = 0;
  read(tensorPickle('3', { shape: [2, 3] }), '.');
  const storage = { id: ['storage', 'a class', '3', 'cpu', 6] };
  expect(CALLED).toEqual([[storage, 0, [2, 3], [3, 1], false, new Map()]]);
});

test('calls that would run code are rejected by name with their place', async () => {
  expect(
    await rejectionFor(global('posix', 'system'), '(', text('touch /tmp/owned'), 'tR.'),
  ).toMatch(
    /^its pickle, at offset 2, names the class 'posix\.system', which no state dict needs: it was rejected/,
  );
  expect(await rejectionFor(global('builtins', 'eval'), '.')).toMatch(/'builtins\.eval'/);
  expect(await rejectionFor(global('__builtin__', 'getattr'), '.')).toMatch(
    /'__builtin__\.getattr'/,
  );
  // These names are properties of every JavaScript object.
  expect(await rejectionFor(global('constructor', 'constructor'), '.')).toMatch(
    /'constructor\.constructor'/,
  );
  expect(await rejectionFor(text('os'), text('system'), 0x93, '.')).toMatch(
    /at offset 20, uses the opcode STACK_GLOBAL \(0x93\), which no state dict needs/,
  );
});

test.each([
  ['INST', '(iposix\nsystem\n.'],
  ['OBJ', 'o'],
  ['NEWOBJ', '\x81'],
  ['NEWOBJ_EX', '\x92'],
  ['EXT1', '\x82\x01'],
  ['EXT2', '\x83\x01\x00'],
  ['EXT4', '\x84\x01\x00\x00\x00'],
  ['PERSID', 'Pcpu\n'],
  ['BINBYTES', 'B\x01\x00\x00\x00a'],
  ['SHORT_BINBYTES', 'C\x01a'],
  ['SHORT_BINSTRING', 'U\x01a'],
  ['STRING', "S'a'\n"],
  ['UNICODE', 'Va\n'],
  ['INT', 'I1\n'],
  ['LONG', 'L1\n'],
  ['FLOAT', 'F1\n'],
  ['LONG4', '\x8b\x01\x00\x00\x00\x01'],
  ['GET', 'g0\n'],
  ['PUT', 'p0\n'],
  ['DUP', '2'],
  ['POP', '0'],
  ['POP_MARK', '1'],
  ['LIST', 'l'],
  ['DICT', 'd'],
  ['FRAME', '\x95\x00\x00\x00\x00\x00\x00\x00\x00'],
  ['MEMOIZE', '\x94'],
  ['EMPTY_SET', '\x8f'],
  ['NEXT_BUFFER', '\x97'],
  ['0xff', '\xff'],
])('the opcode %s is rejected', async (name, bytes) => {
  const before = bytes.startsWith('(') ? 3 : 2;
  expect(await rejectionFor(bytes)).toContain(`at offset ${before}, uses the opcode ${name}`);
});

test.each([
  ['an empty file', Buffer.alloc(0), 'its pickle is not of protocol 2'],
  ['protocol 4', pickle(0x80, 4, 'N.'), 'its pickle is not of protocol 2'],
  ['a second PROTO', pickle(PROTO, PROTO, 'N.'), 'at offset 2, uses the opcode 0x80'],
  ['no end', pickle(PROTO, 'N'), 'is cut off'],
  ['more after the end', pickle(PROTO, 'N.N'), 'does not end as it should'],
  ['nothing at the end', pickle(PROTO, '.'), 'does not end as it should'],
  ['two values at the end', pickle(PROTO, 'NN.'), 'does not end as it should'],
  ['a mark at the end', pickle(PROTO, 'N(.'), 'does not end as it should'],
  ['a text of 4 GB', pickle(PROTO, 'X', uint32(2 ** 32 - 1), 'a.'), 'is cut off'],
  ['a class without an end', pickle(PROTO, 'ctorch\nFloat'), 'is cut off'],
  ['a number that is cut off', pickle(PROTO, 'J', 1, 2), 'is cut off'],
  ['a number of 255 bytes', pickle(PROTO, 0x8a, 255), 'holds a whole number of 255 bytes'],
  ['an unknown memo', pickle(PROTO, 'h', 7, '.'), 'recalls 7, which it did not put aside'],
  ['a memo of nothing', pickle(PROTO, 'q', 0, '.'), 'uses a value that it did not make'],
  ['a tuple of nothing', pickle(PROTO, 0x85, '.'), 'uses a value that it did not make'],
  ['a value under the mark', pickle(PROTO, 'N(', 0x85, '.'), 'uses a value that it did not make'],
  ['a tuple without a mark', pickle(PROTO, 't.'), 'uses a mark that it did not set'],
  ['a key without a value', pickle(PROTO, '}(Nu.'), 'sets a key without a value'],
  ['a key that is a dict', pickle(PROTO, '}}Ns.'), 'has a key that is neither text nor a number'],
  ['entries of a tuple', pickle(PROTO, ')NNs.'), 'sets entries of what is not a dict'],
  ['an append to a tuple', pickle(PROTO, ')Na.'), 'appends to what is not a list'],
  ['the state of a tuple', pickle(PROTO, ')}b.'), 'sets entries of what is not a dict'],
  ['a state that is a text', pickle(PROTO, '}', text('a'), 'b.'), 'sets the state of an object'],
  ['a call of a text', pickle(PROTO, text('a'), ')R.'), 'calls what cannot be called'],
  [
    'a call of a class of storage',
    pickle(PROTO, global('torch', 'FloatStorage'), ')R.'),
    'calls what cannot be called',
  ],
  [
    'a call with a dict',
    pickle(PROTO, global('collections', 'OrderedDict'), '}R.'),
    'calls what cannot be called',
  ],
  ['a deep nest', pickle(PROTO, '('.repeat(20_000)), 'piles up more than any state dict does'],
  ['a tall stack', pickle(PROTO, 'N'.repeat(20_000)), 'piles up more than any state dict does'],
  [
    'a long memo',
    pickle(PROTO, 'N', ...Array.from({ length: 100_001 }, (_, i) => pickle('r', uint32(i)))),
    'piles up more than any state dict does',
  ],
  ['a huge pickle', Buffer.alloc(5 * 2 ** 20), 'more than any state dict needs'],
])('%s is rejected', async (_, bytes, reason) => {
  expect(await rejection(() => unpickle(bytes, WHITELIST))).toContain(reason);
});

test('tuples nested as deep as the pickle allows are read', () => {
  let value = read(')', Buffer.alloc(100_000, 0x85), '.');
  let depth = 0;
  for (; Array.isArray(value) && value.length > 0; depth++) value = value[0];
  expect(depth).toBe(100_000);
});

test('random bytes, and a valid pickle with changed bytes, are read or rejected', async () => {
  const valid = statePickle(
    new Map(
      ['layers.0.weight', 'layers.0.bias'].map((name, i) => [
        name,
        tensorPickle(String(i), { shape: [2, 3] }),
      ]),
    ),
  );
  const readOrReject = (bytes: Uint8Array) => rejection(() => unpickle(bytes, WHITELIST));
  expect(() => unpickle(valid, WHITELIST)).not.toThrow();
  const randomBytes = fc.uint8Array({ maxLength: 200 });
  await fc.assert(
    fc.asyncProperty(randomBytes, async (bytes) => void (await readOrReject(pickle(PROTO, bytes)))),
  );
  await fc.assert(
    fc.asyncProperty(changedFiles(valid), async (files) => {
      for (const bytes of files) await readOrReject(bytes);
    }),
  );
});
