import { fileURLToPath } from 'node:url';
import tab from '@bomb.sh/tab/commander';
import { Command } from 'commander';
import packageFile from '../../package.json' with { type: 'json' };
import type { Environment } from '../config.js';
import { InputError } from '../errors.js';
import { COMMANDS, type CommandEntry, EXPERIMENTS } from './commands.js';

/**
 * Makes the program `hypercolumn`. Only the subcommand that is named is loaded, so that it starts quickly;
 * help, completion and unknown names need them all.
 * @param words of the command line
 */
export async function createProgram(
  environment: Environment,
  words: readonly string[],
): Promise<Command> {
  const program = new Command('hypercolumn')
    .description(packageFile.description)
    .version(packageFile.version, '-v, --version', 'show the version')
    .commandsGroup('More:')
    .helpCommand('help [command]', 'shows the help of a command')
    .addHelpText('after', HELP_END);
  const [first = ''] = words;
  const isKnown = Object.values(COMMANDS)
    .flat()
    .some(({ name }) => name === first);
  for (const [heading, entries] of Object.entries(COMMANDS)) {
    const wanted = entries.filter(({ name }) => name === first || !isKnown);
    const commands = await Promise.all(wanted.map((entry) => load(entry, environment)));
    if (heading === EXPERIMENTS && !isKnown) commands.push(...(await loadJobCommands()));
    for (const command of commands) program.addCommand(command.helpGroup(heading));
  }
  // Completion asks each command for its options, so it is added after them.
  tab(program);
  program.commands.at(-1)?.description('prints a script that completes words in a shell');
  return program;
}

const HELP_END = `
Examples:
  hypercolumn serve                          serves the models in ./models
  hypercolumn train --help                   shows the options of a command
  source <(hypercolumn complete bash)        completes words in this shell (or zsh, fish)`;

/** Loads a command, or one that says so where this copy was made without the command's module. */
async function load(
  { name, load: loadCommand }: CommandEntry,
  environment: Environment,
): Promise<Command> {
  try {
    return await loadCommand(environment);
  } catch (error) {
    if (!isLeftOut(error)) throw error;
    return new Command(name)
      .description('is not part of this copy of Hypercolumn')
      .allowUnknownOption()
      .allowExcessArguments()
      .helpOption(false)
      .action(() => {
        throw new InputError(
          `${name} is not part of this copy of Hypercolumn: expected a checkout, or a copy that was ` +
            'made with `hypercolumn trim --with training`',
        );
      });
  }
}

/** Whether a module that commands.ts names is missing, not one that a command needs. */
function isLeftOut(error: unknown): boolean {
  const importer = fileURLToPath(new URL('./commands.js', import.meta.url));
  return (
    error instanceof Error &&
    'code' in error &&
    error.code === 'ERR_MODULE_NOT_FOUND' &&
    error.message.endsWith(` imported from ${importer}`)
  );
}

async function loadJobCommands(): Promise<Command[]> {
  return (await import('./experiment-commands.js')).createJobCommands();
}
