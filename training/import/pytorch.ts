import { z } from 'zod';
import { InputError } from '../../src/errors.js';
import { Callable, unpickle } from './pickle.js';
import { FLOAT_TYPES, type FloatType, type Layout, readTensor, type StateDict } from './tensor.js';
import { type Archive, openArchive } from './zip.js';

/** A class of PyTorch's storages; `type` is null where its elements are not floating-point. */
class StorageClass {
  readonly name: string;
  readonly type: FloatType | null;

  constructor(name: string, type: FloatType | null) {
    this.name = name;
    this.type = type;
  }
}

/** A file of the archive that holds the elements of tensors. */
class Storage {
  readonly of: StorageClass;
  readonly key: string;
  readonly length: number;

  constructor(of: StorageClass, key: string, length: number) {
    this.of = of;
    this.key = key;
    this.length = length;
  }
}

/** A tensor as the pickle describes it. */
class PickledTensor implements Layout {
  readonly storage: Storage;
  readonly offset: number;
  readonly shape: readonly number[];
  readonly strides: readonly number[];

  constructor(storage: Storage, { offset, shape, strides }: Layout) {
    this.storage = storage;
    this.offset = offset;
    this.shape = shape;
    this.strides = strides;
  }
}

const STORAGE_CLASSES = [
  new StorageClass('FloatStorage', FLOAT_TYPES.float32),
  new StorageClass('DoubleStorage', FLOAT_TYPES.float64),
  new StorageClass('HalfStorage', FLOAT_TYPES.float16),
  new StorageClass('BFloat16Storage', FLOAT_TYPES.bfloat16),
  // Counters, masks and random states are stored with the parameters.
  ...['Long', 'Int', 'Short', 'Char', 'Byte', 'Bool'].map(
    (name) => new StorageClass(`${name}Storage`, null),
  ),
];

const Sizes = z.array(z.int().nonnegative()).max(8);
const Hooks = z.instanceof(Map).refine((hooks) => hooks.size === 0);
const StorageId = z.tuple([
  z.literal('storage'),
  z.instanceof(StorageClass),
  z.string(), // key
  z.string(), // the device that it was on
  z.int().nonnegative(), // elements
]);
const TensorArguments = z
  .tuple([z.instanceof(Storage), z.int().nonnegative(), Sizes, Sizes, z.boolean(), Hooks])
  .refine(([, , shape, strides]) => shape.length === strides.length);
const ParameterArguments = z.tuple([z.instanceof(PickledTensor), z.boolean(), Hooks]);

const WHITELIST = {
  classes: new Map<string, unknown>([
    ['collections.OrderedDict', new Callable(orderedDict)],
    ['torch._utils._rebuild_tensor_v2', new Callable(rebuildTensor)],
    ['torch._utils._rebuild_parameter', new Callable(rebuildParameter)],
    ...STORAGE_CLASSES.map((each) => [`torch.${each.name}`, each] as const),
  ]),
  persistent(id: unknown): Storage {
    const parsed = StorageId.safeParse(id);
    if (!parsed.success) throw new InputError('refers to what is no storage of PyTorch');
    const [, of, key, , length] = parsed.data;
    return new Storage(of, key, length);
  },
};

/**
 * Reads a checkpoint that torch.save wrote (PyTorch 1.6 and later): a state dict, or a dict that
 * holds one among other things. Nothing in it is run.
 * @throws InputError that names what the file is instead, and what to do
 */
export async function readCheckpoint(bytes: Uint8Array): Promise<StateDict> {
  checkSignature(bytes);
  const archive = await openArchive(bytes);
  const root = checkpointRoot(archive);
  const byteOrder = archive.get(`${root}/byteorder`);
  if (byteOrder !== undefined && Buffer.from(byteOrder()).toString() !== 'little') {
    throw new InputError('it is big-endian; save it again on a little-endian machine');
  }
  const state = findStateDict(unpickle(archive.get(`${root}/data.pkl`)!(), WHITELIST));
  return new Map(
    [...state].map(([name, tensor]) => {
      if (typeof name !== 'string' || !(tensor instanceof PickledTensor)) {
        throw new InputError(`its '${name}' is not a tensor, as all entries of a state dict are`);
      }
      return [name, { shape: tensor.shape, numbers: () => read(archive, root, tensor) }];
    }),
  );
}

function checkSignature(bytes: Uint8Array): void {
  const [first, second] = bytes;
  if (first === 0x50 && second === 0x4b) return;
  if (bytes.length === 0) throw new InputError('it is empty');
  if (first === 0x80 && second === 2) {
    throw new InputError(
      'it is in the format of PyTorch before 1.6; write it again with a current PyTorch: ' +
        "torch.save(torch.load(file, map_location='cpu'), file)",
    );
  }
  throw new InputError('it is not a file that torch.save wrote: those are zip archives');
}

/** The folder that holds everything in the archive. */
function checkpointRoot(archive: Archive): string {
  const roots = [...archive.keys()].flatMap((name) => /^([^/]+)\/data\.pkl$/.exec(name)?.[1] ?? []);
  const [root] = roots;
  if (root === undefined || roots.length > 1) {
    throw new InputError('it is not a file that torch.save wrote: it does not hold one data.pkl');
  }
  if (archive.has(`${root}/constants.pkl`)) {
    throw new InputError(
      'it is TorchScript; save its parameters alone: ' +
        'torch.save(torch.jit.load(file).state_dict(), file)',
    );
  }
  return root;
}

/** The dict of tensors itself, or the only one in a dict of other things. */
function findStateDict(pickled: unknown): ReadonlyMap<unknown, unknown> {
  if (isStateDict(pickled)) return pickled;
  const found = pickled instanceof Map ? [...pickled].filter(([, each]) => isStateDict(each)) : [];
  const [only, ...others] = found;
  if (only && others.length === 0) return only[1];
  const what = only
    ? `several state dicts, ${found.map(([name]) => `'${name}'`).join(', ')}`
    : 'no state dict';
  throw new InputError(`it holds ${what}; save one alone: torch.save(net.state_dict(), file)`);
}

function isStateDict(value: unknown): value is ReadonlyMap<unknown, unknown> {
  return value instanceof Map && [...value.values()].some((each) => each instanceof PickledTensor);
}

function read(archive: Archive, root: string, tensor: PickledTensor): Float32Array {
  const { of, key, length } = tensor.storage;
  if (of.type === null) throw new InputError(`is of ${of.name}, not of floating-point numbers`);
  const file = archive.get(`${root}/data/${key}`);
  if (file === undefined) throw new InputError(`is in data/${key}, which is missing`);
  const bytes = file();
  if (bytes.length !== length * of.type.bytes) {
    throw new InputError(
      `is in data/${key}, which has ${bytes.length} bytes, not ${length} numbers`,
    );
  }
  return readTensor(bytes, of.type, tensor);
}

function orderedDict(parameters: readonly unknown[]): Map<unknown, unknown> {
  if (parameters.length > 0) throw new InputError('makes an OrderedDict of something');
  return new Map();
}

function rebuildTensor(parameters: readonly unknown[]): PickledTensor {
  const parsed = TensorArguments.safeParse(parameters);
  if (!parsed.success) throw new InputError('makes a tensor that is not a plain one');
  const [storage, offset, shape, strides] = parsed.data;
  return new PickledTensor(storage, { offset, shape, strides });
}

function rebuildParameter(parameters: readonly unknown[]): PickledTensor {
  const parsed = ParameterArguments.safeParse(parameters);
  if (!parsed.success) throw new InputError('makes a parameter that is not a plain one');
  return parsed.data[0];
}
