import { groupSize } from '../../src/inference/onnx/cost.js';
import type { Graph } from '../../src/inference/onnx/graph.js';
import type { NetworkCard } from '../../src/inference/onnx/group-graph.js';
import { createPartition } from '../../src/inference/onnx/partition.js';
import { encodeSite } from '../../src/inference/onnx/site-graph.js';
import type { Weights } from '../../src/models/saved-model.js';

/** The exported graph computes this many groups of the service together. */
const GROUPS = 4;

/**
 * A site as the .onnx file that is exported, `stimuli` [batch, 1, h, w] to `responses` [batch, N].
 * @param graph where the operations are added; left out: a new one
 */
export function exportedGraph(
  card: NetworkCard,
  neurons: number,
  members: readonly Weights[],
  metadata: Readonly<Record<string, string>>,
  graph?: Graph,
): Uint8Array {
  const { parts } = createPartition({ neurons, members: 1 }, 1, GROUPS * groupSize(card));
  const groups = members.flatMap((_, member) =>
    parts.flatMap((part) => part.groups.map((group) => group.map((row) => member * neurons + row))),
  );
  return encodeSite({ card, members, groups }, metadata, graph);
}
