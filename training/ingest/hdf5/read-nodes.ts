import { type Attribute, Dataset, type File, Group, type Metadata, Reference } from 'h5wasm/node';
import { InputError } from '../../../src/errors.js';
import { isStoredElement } from '../../../src/formats/npy-elements.js';
import type { Attributes, AttributeValue, Hdf5Dataset, Hdf5Node } from './nodes.js';

/** Type classes of HDF5, as `H5T_class_t` numbers them. */
const CLASS = { integer: 0, float: 1, string: 3, reference: 7, enumeration: 8 } as const;
/** Filters that the library has: gzip, shuffle, fletcher32, szip, nbit, scaleoffset. */
const MAX_FILTER = 6;
/** Objects of a file, at most. */
const MAX_NODES = 1_000_000;
/** Groups in groups that are listed. */
const MAX_DEPTH = 32;

/**
 * Lists all objects of a file, with their attributes, each once: its other names are links.
 * @returns the objects, and their paths by their addresses
 * @throws InputError where there are more than a million
 */
export function readNodes(file: File): {
  readonly nodes: Hdf5Node[];
  readonly paths: ReadonlyMap<string, string>;
} {
  const nodes: Hdf5Node[] = [
    { kind: 'group', path: '/', attributes: attributesOf(file.root, file) },
  ];
  const groups = ['/'];
  const paths = new Map([[addressOf(file.root), '/']]);
  for (const group of groups) {
    for (const name of new Set(childrenOf(file, group))) {
      const node = readNode(file, group, `${group === '/' ? '' : group}/${name}`, paths);
      if (node === undefined) continue;
      nodes.push(node);
      if (node.kind === 'group' && node.path.split('/').length <= MAX_DEPTH) groups.push(node.path);
      if (nodes.length > MAX_NODES) {
        throw new InputError(
          `${file.filename} has too many objects; expected at most ${MAX_NODES}`,
        );
      }
    }
  }
  return { nodes, paths };
}

function childrenOf(file: File, group: string): string[] {
  const found = file.get(group);
  return found instanceof Group ? found.keys() : [];
}

/** @param known paths of the objects that were read, by their addresses: a group may be a part of itself */
function readNode(
  file: File,
  group: string,
  path: string,
  known: Map<string, string>,
): Hdf5Node | undefined {
  // Of the name alone: `get` would follow a link.
  const target: unknown = file.get_link(path);
  if (typeof target === 'string') {
    const parent = group === '/' ? '' : group;
    return { kind: 'link', path, target: target.startsWith('/') ? target : `${parent}/${target}` };
  }
  const entity = file.get(path);
  if (entity === null) return undefined;
  if ('filename' in entity) return { kind: 'external-link', path, file: entity.filename };
  if (!(entity instanceof Dataset || entity instanceof Group)) return undefined;
  const address = addressOf(entity);
  const first = known.get(address);
  if (first !== undefined) return { kind: 'link', path, target: first };
  known.set(address, path);
  if (entity instanceof Dataset) return describeDataset(entity, path, file);
  return { kind: 'group', path, attributes: attributesOf(entity, file) };
}

/** Where an object is in the file, as a reference to it has it. */
function addressOf(entity: Group | Dataset): string {
  return addressIn(entity.create_reference());
}

function addressIn({ ref_data }: Reference): string {
  return Buffer.from(ref_data).toString('hex');
}

function describeDataset(dataset: Dataset, path: string, file: File): Hdf5Dataset {
  const { metadata } = dataset;
  return {
    kind: 'dataset',
    path,
    attributes: attributesOf(dataset, file),
    // an empty dataspace holds nothing
    shape: metadata.shape ?? [0],
    element: elementOf(metadata),
    chunks: metadata.chunks,
    problem: problemOf(dataset, path),
  };
}

/** The library reads garbage where a filter is unknown, and zeros where another file is not there. */
function problemOf({ filters, metadata }: Dataset, path: string): string | undefined {
  const unknown = filters.find(({ id }) => id > MAX_FILTER);
  if (unknown) {
    const name = unknown.name === '' ? `number ${unknown.id}` : unknown.name;
    return (
      `${path} is compressed with a filter that is not read: ${name}; expected gzip, as ` +
      "new.create_dataset(name, data=old[name][:], compression='gzip') of h5py writes it"
    );
  }
  const elsewhere = metadata.virtual_sources?.find(({ file_name }) => file_name !== '.');
  if (!elsewhere) return undefined;
  return (
    `${path} has its data in another file: ${elsewhere.file_name}; expected all data in one file, as ` +
    'new[name] = old[name][:] of h5py writes them'
  );
}

function elementOf(metadata: Metadata): Hdf5Dataset['element'] {
  const { type, size, signed, enum_type } = metadata;
  if (type === CLASS.string) return 'string';
  if (type === CLASS.reference) return metadata.ref_type === 'object' ? 'reference' : 'other';
  const isBoolean =
    enum_type !== undefined && size === 1 && Object.keys(enum_type.members).join() === 'FALSE,TRUE';
  // the library cannot turn the bytes of an enumeration around
  const isWhole = type === CLASS.integer || (type === CLASS.enumeration && metadata.littleEndian);
  const letter = type === CLASS.float ? 'f' : isWhole ? (signed ? 'i' : 'u') : '';
  const name = isBoolean ? 'b1' : `${letter}${size}`;
  return isStoredElement(name) ? name : 'other';
}

/** Attributes that cannot be read, such as of a type that no reader here needs, are left out. */
function attributesOf({ attrs }: Group | Dataset, file: File): Attributes {
  return Object.fromEntries(
    Object.keys(attrs).flatMap((name) => {
      const value = attributeValue(attrs, name, file);
      return value === undefined ? [] : [[name, value] as const];
    }),
  );
}

function attributeValue(
  attrs: Record<string, Attribute>,
  name: string,
  file: File,
): AttributeValue | undefined {
  try {
    const { value, shape } = attrs[name]!;
    const all = Array.isArray(value) || ArrayBuffer.isView(value) ? [...(value as [])] : [value];
    const plain = all.map((each) => toPlain(each, file));
    if (plain.some((each) => each === undefined)) return undefined;
    const isScalar = shape?.length === 0;
    return (isScalar ? plain[0] : plain) as AttributeValue | undefined;
  } catch {
    return undefined;
  }
}

function toPlain(value: unknown, file: File): string | number | undefined {
  if (typeof value === 'string' || typeof value === 'number') return value;
  if (typeof value === 'bigint' || typeof value === 'boolean') return Number(value);
  return value instanceof Reference ? (pathOf(value, file) ?? undefined) : undefined;
}

/**
 * The path of the object that a reference is of; null where there is none.
 * @param paths known paths by addresses: the library searches all of the file for a path
 */
export function pathOf(
  reference: Reference,
  file: File,
  paths?: ReadonlyMap<string, string>,
): string | null {
  if (reference.ref_data.every((byte) => byte === 0)) return null;
  const known = paths?.get(addressIn(reference));
  if (known !== undefined) return known;
  const found = file.dereference(reference);
  return found instanceof Group || found instanceof Dataset ? found.path : null;
}
