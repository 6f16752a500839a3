import type { ModelCard } from '../models/card.js';
import { populationSize } from '../models/members.js';
import { isImportedCard } from '../models/native-card.js';
import { isShared } from '../network/any-architecture.js';
import type { Precision } from '../network/precision.js';
import { ownMemory } from '../workers/transfer.js';
import { loadAddon } from './kernels/addon.js';
import { type KernelNetworks, packNetworks } from './kernels/site-kernels.js';
import { groupSize } from './onnx/cost.js';
import type { ImportedInput } from './onnx/imported/network-session.js';
import { createPartition, type Partition } from './onnx/partition.js';
import { readUnchanged, readVerified } from './verified-model.js';

/** A model to prepare for the threads that compute. */
export interface ModelSource {
  readonly folder: string;
  /** Of its card. */
  readonly digest: string;
  /** Among which its neurons are divided where onnxruntime computes them. */
  readonly threads: number;
  /** The compiled kernels; left out: onnxruntime computes all models. */
  readonly kernels?: string | undefined;
  /** In which the kernels store weights. */
  readonly precision: Precision;
}

/** A model as the threads load it. */
export type PreparedModel = PreparedGraphs | PreparedKernels;

/** For onnxruntime. */
export interface PreparedGraphs {
  readonly kind: 'graphs';
  readonly card: ModelCard;
  readonly partition: Partition;
  /** What each thread computes: an .onnx file as `encodeChoosableSite` makes it, or that of an imported network. */
  readonly graphs: readonly Uint8Array[];
  /** Of an imported network, which has one group. */
  readonly imported?: ImportedInput;
}

/** For the kernels. */
export interface PreparedKernels {
  readonly kind: 'kernels';
  readonly card: ModelCard;
  readonly networks: KernelNetworks;
}

/** The memory that moves with a model from one thread to another. */
export function preparedMemory(model: PreparedModel): ArrayBufferLike[] {
  return model.kind === 'graphs'
    ? model.graphs.flatMap(ownMemory)
    : [model.networks.weights.buffer];
}

/**
 * Reads a model, and packs its weights for the kernels, or divides its neurons among threads and encodes the graph of
 * each part. This takes 0.1 to 0.6 s for 300 neurons, in which the thread answers nothing else.
 * @throws InputError with the reason when the model cannot be used
 */
export async function prepareModel(source: ModelSource): Promise<PreparedModel> {
  const { folder, digest, threads, kernels } = source;
  const saved = await readUnchanged(folder, digest);
  if (isImportedCard(saved.card)) {
    const { card } = saved;
    const { readNetwork } = await import('./onnx/imported/read-network.js');
    const { network, input } = await readNetwork({ ...saved, card });
    const partition = createPartition(populationSize(card), 1, Number.POSITIVE_INFINITY);
    return { kind: 'graphs', card, partition, graphs: [network], imported: input };
  }
  const { card, members } = await readVerified(folder, digest);
  const { architecture, stimulus } = card;
  const addon = kernels === undefined || isShared(architecture) ? undefined : loadAddon(kernels);
  if (isShared(architecture) || addon === undefined) {
    // The encoder loads for as long as a small model takes to prepare.
    const { encodeChoosableSite } = await import('./onnx/site-graph.js');
    const partition = createPartition(populationSize(card), threads, groupSize(card));
    const graphs = partition.parts.map(({ groups }) =>
      encodeChoosableSite({ card, members, groups }),
    );
    return { kind: 'graphs', card, partition, graphs };
  }
  const { neurons, members: count } = populationSize(card);
  const networks = Int32Array.from({ length: neurons * count }, (_, i) => i);
  const site = { architecture, stimulus, members, networks, precision: source.precision };
  return { kind: 'kernels', card, networks: packNetworks(addon, site) };
}
