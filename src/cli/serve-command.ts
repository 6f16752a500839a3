import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { Command, InvalidArgumentError, Option } from 'commander';
import { type Environment, SETTINGS, type Variable } from '../config.js';
import { exitCodesHelp } from '../exit-codes.js';

/** The settings of jobs that only a worker has. */
const OF_WORKERS: readonly Variable[] = ['JOB_KINDS'];
const WORKER: readonly Variable[] = [
  ...(['REDIS_URL', 'JOB_KINDS', 'JOBS_AT_ONCE', 'JOB_THREADS', 'JOB_PRIORITY'] as const),
  'ALLOW_TRAINING',
  ...(['MODELS_DIR', 'DATA_DIR', 'ENGINE', 'INSIDE_BACKEND'] as const),
  ...(['STORAGE_CACHE', 'STORAGE_CACHE_CAPACITY', 'AWS_ENDPOINT_URL', 'AWS_REGION'] as const),
  ...(['HOST', 'HEALTH_PORT', 'MAX_STIMULI', 'MAX_PIXELS'] as const),
  ...(['OTEL_EXPORTER_OTLP_ENDPOINT', 'LOG_LEVEL'] as const),
];

/** `serve`: the HTTP service. */
export function createServeCommand(environment: Environment): Command {
  const variables = (Object.keys(SETTINGS) as Variable[]).filter(
    (variable) => !OF_WORKERS.includes(variable),
  );
  return createSettingsCommand('serve', variables)
    .description('serves the models of a folder over HTTP, until a signal stops it')
    .action(async (options: Options) => {
      const { startService } = await import('../start.js');
      await startService(merge(environment, variables, options));
    });
}

/** `worker`: runs the jobs that services have put into Redis. */
export function createWorkerCommand(environment: Environment): Command {
  return createSettingsCommand('worker', WORKER)
    .description('runs the jobs of services that share a Redis, until a signal stops it')
    .action(async (options: Options) => {
      const { runWorker } = await import('../work.js');
      await runWorker(merge(environment, WORKER, options));
    });
}

type Options = Readonly<Record<string, string | undefined>>;

/**
 * A command whose options are settings of the environment as well: `MODELS_DIR` is `--models-dir`. The option
 * wins over the variable.
 */
function createSettingsCommand(name: string, variables: readonly Variable[]): Command {
  const command = new Command(name)
    .allowExcessArguments(false)
    .addHelpText(
      'after',
      `\nEach option can be set by the environment variable of its name, such as MODELS_DIR for --models-dir;\n` +
        `the option wins.\n${exitCodesHelp('notStarted', 'badInput')}`,
    );
  for (const variable of variables) command.addOption(optionFor(variable));
  return command;
}

function merge(
  environment: Environment,
  variables: readonly Variable[],
  options: Options,
): Environment {
  const given = variables.flatMap((variable) => {
    const value = options[optionFor(variable).attributeName()];
    return value === undefined ? [] : [[variable, value] as const];
  });
  return { ...packagedModels(), ...environment, ...Object.fromEntries(given) };
}

/** The demo model of this package, where the folder of models that is the default is missing. */
function packagedModels(): Environment {
  if (existsSync(SETTINGS.MODELS_DIR.fallback)) return {};
  return { MODELS_DIR: fileURLToPath(new URL('../../../models', import.meta.url)) };
}

function optionFor(variable: Variable): Option {
  const { description, accepted, fallback, schema } = SETTINGS[variable];
  const flag = variable.toLowerCase().replaceAll('_', '-');
  const detail = `${accepted}; default ${fallback === '' ? 'none' : fallback}`;
  return new Option(`--${flag} <value>`, `${description}: ${detail}`).argParser((text) => {
    if (text === '' || schema.safeParse(text).success) return text;
    throw new InvalidArgumentError(`It takes ${accepted}.`);
  });
}
