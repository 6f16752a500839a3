import type { Command } from 'commander';
import type { Environment } from '../config.js';

/** A subcommand of `hypercolumn`. Its module is loaded only when it is needed. */
export interface CommandEntry {
  readonly name: string;
  readonly load: (environment: Environment) => Promise<Command>;
}

/** The heading of the experiments; those that the service runs as jobs follow from their registry. */
export const EXPERIMENTS = 'Run experiments without a service:';

/** The other subcommands, in the order and under the headings of `hypercolumn --help`. */
export const COMMANDS: Readonly<Record<string, readonly CommandEntry[]>> = {
  'Serve models:': [
    {
      name: 'serve',
      load: async (environment) =>
        (await import('./serve-command.js')).createServeCommand(environment),
    },
    {
      name: 'worker',
      load: async (environment) =>
        (await import('./serve-command.js')).createWorkerCommand(environment),
    },
    {
      name: 'make-key',
      load: async () =>
        (await import('../../deploy/keys/make-key-command.js')).createMakeKeyCommand(),
    },
  ],
  [EXPERIMENTS]: [
    {
      name: 'respond',
      load: async () => (await import('./stimulus-commands.js')).createRespondCommand(),
    },
    {
      name: 'tune',
      load: async () => (await import('./experiment-commands.js')).createTuneCommand(),
    },
  ],
  'Train and judge models:': [
    {
      name: 'ingest',
      load: async () =>
        (await import('../../training/ingest/ingest-command.js')).createIngestCommand(),
    },
    {
      name: 'train',
      load: async (environment) =>
        (await import('../../training/train-command.js')).createTrainCommand(environment),
    },
    {
      name: 'merge',
      load: async () => (await import('../../training/merge-command.js')).createMergeCommand(),
    },
    {
      name: 'bundle',
      load: async () =>
        (await import('../../training/ensemble/bundle-command.js')).createBundleCommand(),
    },
    {
      name: 'status',
      load: async () =>
        (await import('../../training/status/status-command.js')).createStatusCommand(),
    },
    {
      name: 'evaluate',
      load: async () =>
        (await import('../../training/evaluation/evaluate-command.js')).createEvaluateCommand(),
    },
    {
      name: 'compare',
      load: async () =>
        (await import('../../training/comparison/compare-command.js')).createCompareCommand(),
    },
  ],
  'Bring models in and out:': [
    {
      name: 'import',
      load: async () =>
        (await import('../../training/import/import-command.js')).createImportCommand(),
    },
    {
      name: 'export',
      load: async () =>
        (await import('../../deploy/export/export-command.js')).createExportCommand(),
    },
    {
      name: 'publish',
      load: async (environment) =>
        (await import('./publish-command.js')).createPublishCommand(environment),
    },
  ],
  'Make test material:': [
    {
      name: 'synthesize',
      load: async () =>
        (await import('../../training/synthetic/synthesize-command.js')).createSynthesizeCommand(),
    },
    {
      name: 'make-model',
      load: async () =>
        (
          await import('../../training/random-model/random-model-command.js')
        ).createMakeModelCommand(),
    },
  ],
  'Set up this machine:': [
    {
      name: 'setup',
      load: async () => (await import('../../deploy/setup-command.js')).createSetupCommand(),
    },
    {
      name: 'trim',
      load: async () => (await import('../../deploy/trim/trim-command.js')).createTrimCommand(),
    },
  ],
};
