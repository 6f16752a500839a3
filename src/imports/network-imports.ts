import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { onDisk } from '../files/disk-error.js';
import { type ModelPlace, publishNext } from '../models/publish-next.js';
import { GRADIENT_FILE, NETWORK_FILE } from '../models/saved-model.js';
import { createSequence } from '../workers/in-order.js';
import type { NetworkDescription } from './description.js';
import { type ImportedNetworkModel, type ImportOptions, importNetwork } from './import-network.js';

/** Networks that clients send, to be published as models. */
export interface NetworkImports {
  /** Keeps the files of a network on the disk. @throws DiskError */
  receive(files: NetworkFiles): Promise<ReceivedNetwork>;
}

/** The bytes of .onnx files that may be anything. */
export interface NetworkFiles {
  readonly network: Uint8Array;
  readonly gradient?: Uint8Array | undefined;
}

/** A network whose files are kept until they are removed. */
export interface ReceivedNetwork {
  /**
   * Measures the network, when those that were received before are measured, and publishes it as the next version of
   * a model.
   * @param signal aborted where the client has left: nothing is published then
   * @throws InputError as `importNetwork`; DiskError or StorageError where it cannot be published
   */
  publish(model: NetworkModel, signal: AbortSignal): Promise<ImportedNetworkModel>;
  remove(): Promise<void>;
}

/** What a person says of a network, and the name of the model that it becomes. */
export interface NetworkModel {
  readonly name: string;
  readonly description: NetworkDescription;
}

export interface NetworkImportsOptions extends Omit<ImportOptions, 'signal'> {
  /** The folder for files that are not published yet. */
  readonly scratch: string;
  readonly place: ModelPlace;
}

/**
 * Imports networks one after another: each may take all the memory that the process that measures it is allowed.
 * @example
 * const imports = createNetworkImports({ scratch: tmpdir(), place: openModelPlace('models', s3, source) });
 * const received = await imports.receive({ network });
 * const { saved } = await received.publish({ name: 'net', description }, signal).finally(received.remove);
 */
export function createNetworkImports({
  scratch,
  place,
  ...options
}: NetworkImportsOptions): NetworkImports {
  const inTurn = createSequence();
  return {
    async receive({ network, gradient }) {
      const folder = await inScratch(() => mkdtemp(path.join(scratch, 'hypercolumn-import-')));
      const remove = () => rm(folder, { recursive: true, force: true });
      const file = path.join(folder, NETWORK_FILE);
      const gradientFile = gradient && path.join(folder, GRADIENT_FILE);
      try {
        await inScratch(() => writeFile(file, network));
        if (gradientFile) await inScratch(() => writeFile(gradientFile, gradient));
      } catch (error) {
        await remove();
        throw error;
      }
      return {
        remove,
        publish: ({ name, description }, signal) =>
          inTurn(async () => {
            const out = path.join(folder, 'measured', name);
            const request = { file, gradient: gradientFile, description, out };
            const measured = await importNetwork(request, { ...options, signal });
            signal.throwIfAborted();
            const saved = await publishNext(measured.saved, path.join(folder, 'numbered'), place);
            return { ...measured, saved };
          }),
      };
    },
  };
}

function inScratch<T>(work: () => Promise<T>): Promise<T> {
  return onDisk('the network cannot be kept', work, 'TMPDIR');
}
