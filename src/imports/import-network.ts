import { fileURLToPath } from 'node:url';
import packageFile from '../../package.json' with { type: 'json' };
import { EngineLostError, InputError } from '../errors.js';
import { readWhole, sha256 } from '../files/whole-file.js';
import { GRAPH_BYTES } from '../inference/onnx/imported/read-graph.js';
import { GRADIENT_FILE, NETWORK_FILE, type SavedModel, saveFiles } from '../models/saved-model.js';
import type { ImportedNetwork } from '../network/imported/architecture.js';
import { startProcess } from '../workers/child-process.js';
import type { NetworkDescription } from './description.js';
import type { MeasuredNetwork, NetworkToMeasure } from './measure-network.js';
import type { MeasuringFunctions } from './measuring-worker.js';

/** A network of another program, and where to save it. */
export interface NetworkImport extends NetworkToMeasure {
  readonly description: NetworkDescription;
  /** `models/x` makes the next version of the model x. */
  readonly out: string;
}

export interface ImportedNetworkModel {
  readonly saved: SavedModel;
  readonly network: ImportedNetwork;
  /** What a person should know, in sentences. */
  readonly warnings: readonly string[];
}

export interface ImportOptions {
  /** Milliseconds that the network may take for its first responses. */
  readonly patience?: number;
  /** The compiled module of the process that runs it. */
  readonly entry?: string;
  /** Aborting it ends the import, and nothing is saved. */
  readonly signal?: AbortSignal | undefined;
}

const PATIENCE = 120_000;

/**
 * Saves a network that another program made as a model. A process of its own reads the file and runs it, so that a
 * file that is damaged or hostile ends nothing else.
 * @throws InputError naming what is wrong with the network or its description; the reason of the signal
 * @example
 * const description = NetworkDescription.parse({ source: 'our lab', license: 'CC BY 4.0' });
 * const { saved } = await importNetwork({ file: 'net.onnx', description, out: 'models/net' });
 */
export async function importNetwork(
  { file, gradient, description, out }: NetworkImport,
  options: ImportOptions = {},
): Promise<ImportedNetworkModel> {
  const { architecture, stimulus, golden, producer, warnings } = await measureApart(
    { file, gradient, description },
    options,
  );
  const { backgroundGray, degreesPerImage, unit, license, source } = description;
  const files = new Map([[NETWORK_FILE, await readWhole(file, GRAPH_BYTES)]]);
  if (gradient !== undefined) files.set(GRADIENT_FILE, await readWhole(gradient, GRAPH_BYTES));
  const digests = Array.from(files, ([name, bytes]) => [name, sha256(bytes)] as const);
  const count = golden.responses[0]!.length;
  const ids = description.neurons ?? Array.from({ length: count }, (_, id) => id);
  const card = {
    architecture: { id: 'onnx' as const, ...architecture },
    stimulus: {
      ...stimulus,
      backgroundGray,
      degreesPerImage,
      trainingRange: null,
    },
    response: { unit },
    neurons: ids.map((id) => ({
      id,
      CORR: null,
      PT_J: null,
      PT_S: null,
      noiseCeiling: null,
      keptEpoch: null,
    })),
    training: {
      importedFrom: 'onnx' as const,
      license,
      source,
      producer,
      digests: Object.fromEntries(digests),
      codeVersion: packageFile.version,
      date: new Date().toISOString(),
    },
    golden,
  };
  const saved = await saveFiles(out, card, files);
  return { saved, network: architecture, warnings };
}

async function measureApart(
  network: NetworkToMeasure,
  { patience = PATIENCE, entry = defaultEntry(), signal }: ImportOptions,
): Promise<MeasuredNetwork> {
  signal?.throwIfAborted();
  const { remote, kill, ended } = startProcess<MeasuringFunctions>({
    entry,
    name: 'process that runs the network',
  });
  let isLate = false;
  const timer = setTimeout(() => {
    isLate = true;
    kill();
  }, patience);
  signal?.addEventListener('abort', kill);
  try {
    return await remote.measure(network);
  } catch (error) {
    signal?.throwIfAborted();
    if (!(error instanceof EngineLostError)) throw error;
    const reason = isLate
      ? `it takes more than ${patience / 1000} s for a few images`
      : `${error.message}, as one that needs too much memory`;
    throw new InputError(`the network cannot be computed: ${reason}`, [], { cause: error });
  } finally {
    clearTimeout(timer);
    signal?.removeEventListener('abort', kill);
    kill();
    await ended;
  }
}

function defaultEntry(): string {
  return fileURLToPath(new URL('./measuring-worker.js', import.meta.url));
}
