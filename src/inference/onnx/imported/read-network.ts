import { InputError } from '../../../errors.js';
import type { ImportedCard } from '../../../models/native-card.js';
import { NETWORK_FILE, readModelFiles, type SavedModel } from '../../../models/saved-model.js';
import type { ImportedInput } from './network-session.js';
import { type ReadGraph, readGraph } from './read-graph.js';

/** The graph of an imported network, and how its session takes images. */
export interface NetworkFile {
  readonly network: Uint8Array;
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
  checkNames(saved.card, readGraph(network));
  return { network, input: importedInput(saved.card) };
}

export function importedInput({ architecture, stimulus }: ImportedCard): ImportedInput {
  const { height, width, scale, offset } = stimulus;
  const { input, output } = architecture;
  return { input, output, stimulus: { height, width, scale, offset } };
}

function checkNames({ architecture }: ImportedCard, { inputs, outputs }: ReadGraph): void {
  const names = ({ name }: { readonly name: string }) => name;
  const [found, expected] = [
    [...inputs.map(names), ...outputs.map(names)],
    [architecture.input.name, architecture.output.name],
  ];
  if (found.join() === expected.join()) return;
  throw new InputError(`${NETWORK_FILE} has the inputs and outputs ${found}; expected ${expected}`);
}
