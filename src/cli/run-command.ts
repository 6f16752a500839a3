import type { Command } from 'commander';
import { InputError } from '../errors.js';
import { CommandEnd, EXIT_CODES } from '../exit-codes.js';
import { nearestName } from '../formats/nearest-name.js';
import { isInS3 } from '../objects/s3-place.js';

/** What to do when the system refuses to read or to write. */
const ADVICE: Readonly<Record<string, string>> = {
  ENOENT: 'there is no such file or folder: correct its name',
  EACCES: 'change the permissions of that place, or choose another',
  EPERM: 'change the permissions of that place, or choose another',
  EROFS: 'that place can only be read: choose another',
  ENOSPC: 'its disk is full: make room, or choose another place, and run the command again',
  EDQUOT: "this user's share of the disk is used up: make room, or choose another place",
  ENOTDIR: 'a part of that path is a file, not a folder: choose another',
  EEXIST: 'what is there is a file, not a folder: choose another place',
  EISDIR: 'that is a folder, not a file: choose another',
};

/**
 * Runs a command. An error that the user can act on is printed in one line and sets the exit code.
 * @param words of the command line, without the names of Node and the program
 * @throws what is a bug
 */
export async function runCommand(
  command: Command,
  words: readonly string[] = process.argv.slice(2),
): Promise<void> {
  try {
    for (const each of withSubcommands(command)) {
      each
        .showHelpAfterError('--help lists the options')
        .exitOverride((error) => process.exit(error.exitCode && EXIT_CODES.badInput));
      rejectOptionsAsValues(each);
      rejectPlacesInS3(each);
    }
    await command.parseAsync(checkNames(command, words), { from: 'user' });
  } catch (error) {
    const shown = systemError(error) ?? error;
    if (shown instanceof InputError) {
      console.error(`error: ${shown.message}`);
      process.exitCode = EXIT_CODES.badInput;
    } else if (shown instanceof CommandEnd) {
      console.error(shown.end === 'interrupted' ? shown.message : `error: ${shown.message}`);
      process.exitCode = EXIT_CODES[shown.end];
    } else throw error;
  }
}

function withSubcommands(command: Command): Command[] {
  return [command, ...command.commands.flatMap(withSubcommands)];
}

/** Rejects `--neurons --out rows.csv`, where `--out` would be taken as the value. */
function rejectOptionsAsValues(command: Command): void {
  for (const option of command.options) {
    command.on(`option:${option.name()}`, (value: unknown) => {
      if (typeof value === 'string' && value.startsWith('--')) {
        command.error(`error: option '${option.flags}' has no value: ${value} follows`);
      }
    });
  }
}

/** Rejects `--model s3://lab/models/x`, which would be taken for a folder named `s3:`. */
function rejectPlacesInS3(command: Command): void {
  for (const option of command.options) {
    if (!/<(file|folder|path)>/.test(option.flags)) continue;
    command.on(`option:${option.name()}`, (value) => reject(`option '${option.flags}'`, value));
  }
  command.hook('preAction', ({ processedArgs, registeredArguments }) => {
    for (const [i, argument] of registeredArguments.entries()) {
      if (argument.name() === 'folder') reject("argument '<folder>'", processedArgs[i]);
    }
  });

  function reject(subject: string, value: unknown): void {
    if (typeof value !== 'string' || !isInS3(value)) return;
    command.error(
      `error: ${subject} takes no place in S3: ${value}; expected a place on this machine`,
    );
  }
}

/**
 * Checks the names of subcommands, also where `help` or `--help` would print the help of another command.
 * @returns the words to parse: an unknown name alone, which the command rejects
 */
function checkNames(command: Command, words: readonly string[]): readonly string[] {
  const [name, ...rest] = words[0] === 'help' ? words.slice(1) : words;
  if (command.commands.length === 0) checkOptions(command, words);
  if (command.commands.length === 0 || name === undefined || name.startsWith('-')) return words;
  const names = command.commands.map((each) => each.name());
  const known = command.commands.find((each) => each.name() === name);
  if (known) {
    checkNames(known, rest);
    return words;
  }
  if (command.parent === null) return [name];
  const near = nearestName(name, names);
  const hint = near === undefined ? '' : `\n(Did you mean ${near}?)`;
  return command.error(`error: unknown command '${command.name()} ${name}'${hint}`);
}

/**
 * Rejects `--recpie rf_cnn` by its name; commander would say only that `--recipe` is missing. A command without
 * options requires none, and may be one that this copy does not have.
 */
function checkOptions(command: Command, words: readonly string[]): void {
  if (command.options.length === 0) return;
  const end = words.indexOf('--');
  const known = ['--help', ...command.options.flatMap(({ long }) => long ?? [])];
  const unknown = words
    .slice(0, end === -1 ? words.length : end)
    .filter((word) => word.startsWith('--'))
    .map((word) => word.split('=', 1)[0]!)
    .find((name) => !known.includes(name));
  if (unknown === undefined) return;
  const near = nearestName(unknown, known);
  command.error(
    `error: unknown option '${unknown}'${near === undefined ? '' : `\n(Did you mean ${near}?)`}`,
  );
}

/** An error of the operating system, with what to do about it. */
function systemError(error: unknown): InputError | undefined {
  if (!(error instanceof Error)) return undefined;
  const { code = '', message } = error as NodeJS.ErrnoException;
  const advice = ADVICE[code];
  return advice === undefined
    ? undefined
    : new InputError(`${message}; ${advice}`, [], { cause: error });
}
