import type { ModelCard } from '../../models/card.js';
import { populationSize } from '../../models/members.js';
import { isImportedCard } from '../../models/native-card.js';
import { isShared } from '../../network/any-architecture.js';
import { ownMemory } from '../../workers/transfer.js';
import { loadAddon } from '../kernels/addon.js';
import { type KernelNetworks, packNetworks } from '../kernels/site-kernels.js';
import { readUnchanged, readVerified } from '../verified-model.js';
import { groupSize } from './cost.js';
import type { ImportedInput } from './imported/network-session.js';
import { readNetwork } from './imported/read-network.js';
import { createPartition, type Partition } from './partition.js';
import { encodeChoosableSite } from './site-graph.js';

/** A model to prepare for a pool of threads. */
export interface ModelSource {
  readonly folder: string;
  /** Of its card. */
  readonly digest: string;
  readonly threads: number;
}

/** A model as a pool of threads loads it. */
export interface PreparedModel {
  readonly card: ModelCard;
  readonly partition: Partition;
  /** What each thread computes. */
  readonly programs: readonly Program[];
}

/** What a thread computes of a model. */
export type Program = GraphProgram | KernelProgram;

/** A graph for onnxruntime. */
export interface GraphProgram {
  readonly kind: 'graph';
  /** An .onnx file as `encodeChoosableSite` makes it, or that of an imported network. */
  readonly graph: Uint8Array;
  /** Of an imported network, which has one group. */
  readonly imported?: ImportedInput;
}

/** Networks for the kernels; each is a group. */
export interface KernelProgram {
  readonly kind: 'kernels';
  readonly networks: KernelNetworks;
}

/** The memory that moves with a program from one thread to another. */
export function programMemory(program: Program): ArrayBufferLike[] {
  return program.kind === 'graph' ? ownMemory(program.graph) : [program.networks.weights.buffer];
}

/**
 * Reads a model, divides its neurons among threads, and encodes the graph of each part. This takes 0.1 to
 * 0.6 s for 300 neurons, in which the thread answers nothing else.
 * @throws InputError with the reason when the model cannot be used
 */
export async function prepareModel(source: ModelSource): Promise<PreparedModel> {
  const { folder, digest, threads } = source;
  const saved = await readUnchanged(folder, digest);
  if (isImportedCard(saved.card)) {
    const { card } = saved;
    const { network, input } = await readNetwork({ ...saved, card });
    const partition = createPartition(populationSize(card), 1, Number.POSITIVE_INFINITY);
    return { card, partition, programs: [{ kind: 'graph', graph: network, imported: input }] };
  }
  const { card, members } = await readVerified(folder, digest);
  const { architecture, stimulus } = card;
  const addon = isShared(architecture) ? undefined : loadAddon();
  if (isShared(architecture) || addon === undefined) {
    const partition = createPartition(populationSize(card), threads, groupSize(card));
    const programs = partition.parts.map(({ groups }): Program => {
      return { kind: 'graph', graph: encodeChoosableSite({ card, members, groups }) };
    });
    return { card, partition, programs };
  }
  const partition = createPartition(populationSize(card), threads, 1);
  const programs = partition.parts.map(({ groups }): Program => {
    const networks = groups.flatMap((group) => [...group]);
    const site = { architecture, stimulus, members, networks };
    return { kind: 'kernels', networks: packNetworks(addon, site) };
  });
  return { card, partition, programs };
}
