import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { Command, InvalidArgumentError, Option } from 'commander';
import { type Environment, SETTINGS, type Variable } from '../config.js';
import { exitCodesHelp } from '../exit-codes.js';

const VARIABLES = Object.keys(SETTINGS) as Variable[];

/**
 * `serve`: the HTTP service. Each setting of the environment is an option as well, which wins over the
 * variable: `MODELS_DIR` is `--models-dir`.
 */
export function createServeCommand(environment: Environment): Command {
  const command = new Command('serve')
    .description('serves the models of a folder over HTTP, until a signal stops it')
    .allowExcessArguments(false)
    .addHelpText(
      'after',
      `\nEach option can be set by the environment variable of its name, such as MODELS_DIR for --models-dir;\n` +
        `the option wins.\n${exitCodesHelp('notStarted', 'badInput')}`,
    )
    .action(async (options: Readonly<Record<string, string | undefined>>) => {
      const given = VARIABLES.flatMap((variable) => {
        const value = options[optionFor(variable).attributeName()];
        return value === undefined ? [] : [[variable, value] as const];
      });
      const { runService } = await import('../serve.js');
      await runService({ ...packagedModels(), ...environment, ...Object.fromEntries(given) });
    });
  for (const variable of VARIABLES) command.addOption(optionFor(variable));
  return command;
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
