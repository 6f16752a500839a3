import type { Weights } from '../../models/saved-model.js';
import type { Box } from '../../network/layers/layer.js';
import { addCrop } from '../../network/layers/onnx-crop.js';
import { requiredParts } from '../../network/required-parts.js';
import { countRows, networkParameters } from '../network-parameters.js';
import { createGraph, type Graph, valueNamed } from './graph.js';
import { addGroup, type NetworkCard } from './group-graph.js';
import { BOOL, encodeModel, type GraphProto } from './proto.js';

/** Names of the inputs and outputs of a graph. */
export const STIMULI = 'stimuli';
export const WANTED = 'wanted';
export const RESPONSES = 'responses';

/** Operators and file format that Triton and onnxruntime have known since 2022. */
const OPERATORS = 17;
const FILE_FORMAT = 8;

/** A site, or a part of it, to make a graph of. */
export interface SitePart {
  readonly card: NetworkCard;
  /** Of each member of an ensemble; of another model, one. */
  readonly members: readonly Weights[];
  /** The networks, member·neurons + neuron, by groups that are computed one after the other. */
  readonly groups: readonly (readonly number[] | Int32Array)[];
}

/**
 * The .onnx file of a site: `stimuli` [batch, 1 or 3, height, width], pixels 0..1, red, green and blue, to `responses`
 * [batch, neurons], the groups' neurons one after the other. The responses of an ensemble are the means of its members.
 * @param part with groups of one member each, which has its neurons in the same order as the others
 * @param metadata written into the file
 * @param graph where the operations are added
 */
export function encodeSite(
  part: SitePart,
  metadata: Readonly<Record<string, string>>,
  graph = createGraph('site'),
): Uint8Array {
  const { height, width, channels } = part.card.stimulus;
  const parts = requiredParts(part.card.architecture, part.card.stimulus);
  const pixels = addCrop(graph, STIMULI, parts[0]!);
  const population = countRows(part.members[0]!);
  const members = part.members.map((_, member) => {
    const own = part.groups.filter(([first]) => Math.floor(first! / population) === member);
    const groups = own.map((networks) => addNetworks(graph, pixels, part, parts, networks));
    return graph.add('Concat', groups, { axis: 1 });
  });
  const responses = {
    ...valueNamed(RESPONSES, ['batch', countNetworks(part) / members.length]),
    from: members.length > 1 ? graph.add('Mean', members) : members[0]!,
  };
  const stimuli = valueNamed(STIMULI, ['batch', channels, height, width]);
  return encode(graph.finish([stimuli], [responses]), metadata);
}

/**
 * The same for one image at a time, where a group is computed only if it is wanted: `stimuli`
 * [1, 1 or 3, height, width] and `wanted` [groups], bool, to `responses` [1, neurons], zero where not wanted.
 */
export function encodeChoosableSite(part: SitePart): Uint8Array {
  const graph = createGraph('site');
  const { height, width, channels } = part.card.stimulus;
  const parts = requiredParts(part.card.architecture, part.card.stimulus);
  const pixels = addCrop(graph, STIMULI, parts[0]!);
  const each = graph.integers(part.groups.map(() => 1));
  const wanted = graph.addMany('Split', [WANTED, each], part.groups.length);
  const groups = part.groups.map((networks, index) => {
    const [inner, other] = [createGraph(`group${index}`), createGraph(`zeros${index}`)];
    const shape = [1, networks.length];
    const computed = addNetworks(inner, pixels, part, parts, networks);
    const zeros = other.constant(new Float32Array(networks.length), shape);
    return graph.add('If', [wanted[index]!], {
      then_branch: inner.finish(
        [],
        [{ ...valueNamed(`responses${index}`, shape), from: computed }],
      ),
      else_branch: other.finish([], [{ ...valueNamed(`nothing${index}`, shape), from: zeros }]),
    });
  });
  const responses = {
    ...valueNamed(RESPONSES, [1, countNetworks(part)]),
    from: graph.add('Concat', groups, { axis: 1 }),
  };
  const stimuli = valueNamed(STIMULI, [1, channels, height, width]);
  return encode(
    graph.finish([stimuli, valueNamed(WANTED, [part.groups.length], BOOL)], [responses]),
    {},
  );
}

function addNetworks(
  graph: Graph,
  pixels: string,
  { card, members }: SitePart,
  parts: readonly Box[],
  networks: ArrayLike<number>,
): string {
  const neurons = Array.from(networks, (network) => networkParameters(members, network));
  return addGroup(graph, pixels, { card, parts, neurons });
}

function countNetworks({ groups }: SitePart): number {
  return groups.reduce((sum, { length }) => sum + length, 0);
}

function encode(graph: GraphProto, metadata: Readonly<Record<string, string>>): Uint8Array {
  return encodeModel({
    irVersion: FILE_FORMAT,
    opsetImport: [{ domain: '', version: OPERATORS }],
    producerName: 'hypercolumn',
    graph,
    metadataProps: Object.entries(metadata).map(([key, value]) => ({ key, value })),
  });
}
