import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { vi } from 'vitest';
import type { NamedTensor } from '../../../src/formats/safetensors.js';
import { createTfjsEngine } from '../../../src/inference/tfjs/tfjs-engine.js';
import { readModel } from '../../../src/models/saved-model.js';
import { ARCHITECTURES } from '../../../src/network/architectures/index.js';
import { openBackend } from '../../../src/network/backends/open.js';
import type { Stimuli } from '../../../src/stimulus/stimuli.js';
import { createImportCommand } from '../../../training/import/import-command.js';
import { randomState } from '../../support/published.js';
import { SIDE } from '../../support/sites.js';
import { checkpointFile } from './bytes.js';

/** The size of the stimuli of `randomBase`. */
export const SIZE = { height: SIDE, width: SIDE };
export const BASE = { ...ARCHITECTURES.rf_cnn.network, channels: 3 };

type State = ReadonlyMap<string, NamedTensor>;

/** The state of a small rf_cnn with random parameters. */
export function randomBase(seed: number): Map<string, NamedTensor> {
  return randomState('rf_cnn', BASE, SIZE, seed);
}

/** A temporary folder in which the command runs; arguments and messages name it `./`. */
export interface ImportFolder {
  readonly path: string;
  /** @returns the output of the command: stdout, stderr and progress */
  run(args: string): Promise<{ out: string[]; notes: string[]; progress: string[] }>;
  /** @returns the message of the error that it throws */
  rejection(args: string): Promise<string>;
  /** A checkpoint of each state, `neuron_{i}.pth`. */
  writeCheckpoints(name: string, states: Readonly<Record<number, State>>): Promise<void>;
  /** Responses of a saved model, after its golden responses have been checked. */
  respond(model: string, stimuli: Stimuli): Promise<Float32Array>;
  remove(): Promise<void>;
}

export async function createImportFolder(): Promise<ImportFolder> {
  const folder = await mkdtemp(path.join(tmpdir(), 'hypercolumn-import-'));
  const reported = (text: string) => text.replaceAll(`${folder}/`, './');

  return {
    path: folder,
    run,
    async rejection(args) {
      return await run(args).then(
        () => 'it was imported',
        (error: Error) => reported(error.message),
      );
    },
    async writeCheckpoints(name, states) {
      await mkdir(path.join(folder, name), { recursive: true });
      for (const [neuron, state] of Object.entries(states)) {
        await writeFile(path.join(folder, name, `neuron_${neuron}.pth`), checkpointFile(state));
      }
    },
    async respond(model, stimuli) {
      const { folder: saved, digest, card } = await readModel(path.join(folder, model));
      const engine = createTfjsEngine(await openBackend('wasm'));
      await engine.load(saved, digest);
      const neurons = Int32Array.from(card.neurons.keys());
      const responses = await engine.respond({ digest, stimuli, neurons });
      await engine.close();
      return responses;
    },
    remove: () => rm(folder, { recursive: true }),
  };

  async function run(args: string) {
    const log = vi.spyOn(console, 'log').mockReturnValue();
    const error = vi.spyOn(console, 'error').mockReturnValue();
    const write = vi.spyOn(process.stderr, 'write').mockReturnValue(true);
    try {
      const command = createImportCommand()
        .exitOverride()
        .configureOutput({ writeErr: () => undefined });
      const places = args.replaceAll('./', `${folder}/`).split(' ');
      await command.parseAsync(['--backend', 'wasm', ...places], { from: 'user' });
      const lines = (calls: readonly unknown[][]) => calls.map(([line]) => reported(String(line)));
      return {
        out: lines(log.mock.calls),
        notes: lines(error.mock.calls),
        progress: lines(write.mock.calls),
      };
    } finally {
      log.mockRestore();
      error.mockRestore();
      write.mockRestore();
    }
  }
}
