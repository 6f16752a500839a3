import { InputError } from '../../../errors.js';
import type { ImportedCard } from '../../../models/native-card.js';
import {
  GRADIENT_FILE,
  NETWORK_FILE,
  readModelFiles,
  type SavedModel,
} from '../../../models/saved-model.js';
import type { ImportedInput } from './network-session.js';
import { type ReadGraph, readGraph } from './read-graph.js';

/** The graph of an imported network, and how its session takes images. */
export interface NetworkFile {
  readonly network: Uint8Array;
  /** Of its gradient, where that came along. */
  readonly gradient: Uint8Array | undefined;
  readonly input: ImportedInput;
}

/**
 * Reads the graph of an imported network, and checks it again: files of models come from anywhere.
 * @throws InputError with the reason when it cannot be used
 */
export async function readNetwork(
  saved: SavedModel & { readonly card: ImportedCard },
): Promise<NetworkFile> {
  if (saved.card.members)
    throw new InputError('an imported network is no ensemble; remove "members"');
  const files = await readModelFiles(saved);
  const network = files.get(NETWORK_FILE);
  if (network === undefined) throw new InputError(`the model has no ${NETWORK_FILE}`);
  const { input, output, gradient: names } = saved.card.architecture;
  checkNames(NETWORK_FILE, readGraph(network), [input.name, output.name]);
  const gradient = files.get(GRADIENT_FILE);
  if (names === undefined || gradient === undefined) {
    return { network, gradient: undefined, input: importedInput(saved.card) };
  }
  checkNames(GRADIENT_FILE, readGraph(gradient), [names.image, names.weights, names.output]);
  return { network, gradient, input: importedInput(saved.card) };
}

export function importedInput({ architecture, stimulus }: ImportedCard): ImportedInput {
  const { height, width, channels, scale, offset } = stimulus;
  const { input, output } = architecture;
  return { input, output, stimulus: { height, width, channels, scale, offset } };
}

function checkNames(
  file: string,
  { inputs, outputs }: ReadGraph,
  expected: readonly string[],
): void {
  const found = [...inputs, ...outputs].map(({ name }) => name);
  if (found.toSorted().join() === expected.toSorted().join()) return;
  throw new InputError(`${file} has the inputs and outputs ${found}; expected ${expected}`);
}
