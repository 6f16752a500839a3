import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { NamedTensor } from '../../../src/formats/safetensors.js';
import { readCheckpoint } from '../../../training/import/pytorch.js';
import {
  checkpointFile,
  global,
  integer,
  pickle,
  statePickle,
  type TensorPickle,
  tensorPickle,
  text,
  zip,
} from './bytes.js';
import { changedFiles, rejection } from './rejection.js';

const TENSORS = new Map<string, NamedTensor>([
  ['fcl.weight', { shape: [2, 3], data: Float32Array.of(1, 2, 3, 4, 5, 6) }],
  ['fcl.bias', { shape: [], data: Float32Array.of(7) }],
]);
const FLOATS = Buffer.from(Float32Array.of(1, 2, 3, 4, 5, 6).buffer);

/** Reads all tensors of a checkpoint. */
async function read(bytes: Uint8Array): Promise<Record<string, number[]>> {
  const state = await readCheckpoint(bytes);
  return Object.fromEntries([...state].map(([name, { numbers }]) => [name, [...numbers()]]));
}

const rejectionFor = (bytes: Uint8Array) => rejection(() => read(bytes));

/** A checkpoint with a given pickle and a storage '0' of six float32. */
function withPickle(bytes: Uint8Array): Buffer {
  return zip([
    { name: 'x/data.pkl', bytes },
    { name: 'x/data/0', bytes: FLOATS },
  ]);
}

function withTensor(tensor: TensorPickle, key = '0'): Buffer {
  return withPickle(statePickle(new Map([['w', tensorPickle(key, tensor)]])));
}

test.each([false, true])('a state dict is read (zip64: %s)', async (zip64) => {
  const state = await readCheckpoint(checkpointFile(TENSORS, { zip64 }));
  expect([...state].map(([name, { shape }]) => [name, shape])).toEqual([
    ['fcl.weight', [2, 3]],
    ['fcl.bias', []],
  ]);
  expect(await read(checkpointFile(TENSORS, { zip64 }))).toEqual({
    'fcl.weight': [1, 2, 3, 4, 5, 6],
    'fcl.bias': [7],
  });
});

test('a plain dict, a parameter and a dict around them are read', async () => {
  const tensor = tensorPickle('0', { shape: [6] });
  const hooks = pickle(global('collections', 'OrderedDict'), ')R');
  const parameter = pickle(
    ...[global('torch._utils', '_rebuild_parameter'), tensor, 0x88, hooks, 0x87, 'R'],
  );
  const inner = pickle('}(', text('w'), tensor, text('p'), parameter, 'u');
  const both = { w: [1, 2, 3, 4, 5, 6], p: [1, 2, 3, 4, 5, 6] };
  expect(await read(withPickle(pickle(0x80, 2, inner, '.')))).toEqual(both);
  const around = pickle('}(', text('epoch'), 'K', 3, text('model'), inner, text('loss'), ']u.');
  expect(await read(withPickle(pickle(0x80, 2, around)))).toEqual(both);
  const two = pickle('}(', text('net'), inner, text('ema'), inner, 'u.');
  expect(await rejectionFor(withPickle(pickle(0x80, 2, two)))).toBe(
    "it holds several state dicts, 'net', 'ema'; save one alone: torch.save(net.state_dict(), file)",
  );
});

test('a tensor is read as its offset and strides say', async () => {
  const tensor = { shape: [2, 2], offset: 1, strides: [1, 2], length: 6 };
  expect(await read(withTensor(tensor))).toEqual({ w: [2, 4, 3, 5] });
});

test.each([
  [
    'a storage shorter than its tensor',
    { shape: [7], length: 6 },
    'reaches to element 6 of a storage that has 6',
  ],
  ['an offset past the end', { shape: [1], offset: 6, length: 6 }, 'reaches to element 6'],
  ['strides past the end', { shape: [2, 2], strides: [5, 1], length: 6 }, 'reaches to element 6'],
  [
    'a storage of another length',
    { shape: [3] },
    'is in data/0, which has 24 bytes, not 3 numbers',
  ],
  ['numbers of another size', { shape: [6], storageClass: 'DoubleStorage' }, 'which has 24 bytes'],
  ['whole numbers', { shape: [3], storageClass: 'LongStorage' }, 'is of LongStorage, not of'],
  [
    'a negative stride',
    { shape: [2], strides: [-1], length: 6 },
    'makes a tensor that is not a plain one',
  ],
  [
    'a negative offset',
    { shape: [2], offset: -1, length: 6 },
    'makes a tensor that is not a plain one',
  ],
  ['a negative size', { shape: [-2], length: 6 }, 'makes a tensor that is not a plain one'],
  [
    'fewer strides than axes',
    { shape: [2, 3], strides: [1] },
    'makes a tensor that is not a plain one',
  ],
  ['nine axes', { shape: Array(9).fill(1) }, 'makes a tensor that is not a plain one'],
  ['a negative length', { shape: [], length: -6 }, 'refers to what is no storage of PyTorch'],
  [
    'another storage',
    { shape: [6], storageClass: 'QInt8Storage' },
    "the class 'torch.QInt8Storage'",
  ],
])('%s is rejected', async (_, tensor, reason) => {
  expect(await rejectionFor(withTensor(tensor))).toContain(reason);
});

test('a storage that is missing, or not in the folder, is rejected', async () => {
  expect(await rejectionFor(withTensor({ shape: [6] }, '7'))).toContain(
    'is in data/7, which is missing',
  );
  expect(await rejectionFor(withTensor({ shape: [6] }, '../data.pkl'))).toContain(
    'which is missing',
  );
});

test.each([
  ['a persistent id of bytes', pickle('(C\x01aQ')],
  ['a persistent id that is a text', pickle(text('0'), 'Q')],
  ['a persistent id of something else', pickle('(', text('module'), 'tQ')],
  [
    'a tensor of a text',
    pickle(global('torch._utils', '_rebuild_tensor_v2'), '(', text('0'), 'tR'),
  ],
  [
    'a parameter of a number',
    pickle(global('torch._utils', '_rebuild_parameter'), integer(1), 0x85, 'R'),
  ],
  ['an OrderedDict of something', pickle(global('collections', 'OrderedDict'), 'N', 0x85, 'R')],
])('%s is rejected', async (_, bytes) => {
  expect(await rejectionFor(withPickle(pickle(0x80, 2, bytes, '.')))).toMatch(
    /^its pickle, at offset \d+, /,
  );
});

test('a checkpoint that would run code is rejected with the name of that code', async () => {
  const attack = pickle(0x80, 2, global('os', 'system'), '(', text('touch /tmp/owned'), 'tR.');
  expect(await rejectionFor(withPickle(attack))).toMatch(
    /^its pickle, at offset 2, names the class 'os\.system', which no state dict needs: it was rejected, and nothing of it was run\./,
  );
});

test.each([
  ['nothing', Buffer.alloc(0), 'it is empty'],
  [
    'a text',
    Buffer.from('hello'),
    'it is not a file that torch.save wrote: those are zip archives',
  ],
  [
    'a file of PyTorch before 1.6',
    pickle(0x80, 2, 0x8a, 10),
    'it is in the format of PyTorch before 1.6; write it again with a current PyTorch: torch.save(',
  ],
  [
    'an archive of something else',
    zip([{ name: 'a/b', bytes: FLOATS }]),
    'it does not hold one data.pkl',
  ],
  [
    'two checkpoints',
    zip([
      { name: 'a/data.pkl', bytes: FLOATS },
      { name: 'b/data.pkl', bytes: FLOATS },
    ]),
    'it does not hold one data.pkl',
  ],
  [
    'TorchScript',
    zip([
      { name: 'a/data.pkl', bytes: FLOATS },
      { name: 'a/constants.pkl', bytes: FLOATS },
    ]),
    'it is TorchScript; save its parameters alone',
  ],
  ['a number', withPickle(pickle(0x80, 2, 'K', 1, '.')), 'it holds no state dict'],
  [
    'a dict without tensors',
    withPickle(pickle(0x80, 2, '}', text('a'), 'Ns.')),
    'it holds no state dict',
  ],
  [
    'a state dict with a number',
    withPickle(
      pickle(
        0x80,
        2,
        '}(',
        text('epoch'),
        'K',
        1,
        text('w'),
        tensorPickle('0', { shape: [6] }),
        'u.',
      ),
    ),
    "its 'epoch' is not a tensor",
  ],
  [
    'big-endian numbers',
    checkpointFile(TENSORS, { files: [{ name: 'archive/byteorder', bytes: Buffer.from('big') }] }),
    'it is big-endian',
  ],
  ['one that is cut off', checkpointFile(TENSORS).subarray(0, 300), 'it is truncated or corrupted'],
])('%s is rejected', async (_, bytes, reason) => {
  expect(await rejectionFor(bytes)).toContain(reason);
});

test.each([false, true])(
  'a checkpoint with changed bytes is read or rejected (without sums: %s)',
  async (withoutSums) => {
    const valid = checkpointFile(TENSORS, { withoutSums });
    expect(await rejectionFor(valid)).toBe('it was read');
    await fc.assert(
      fc.asyncProperty(changedFiles(valid), async (files) => {
        for (const bytes of files) await rejectionFor(bytes);
      }),
    );
  },
);
