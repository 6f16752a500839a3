import type { Command } from 'commander';
import { InputError } from '../src/errors.js';
import { INTERRUPTED_EXIT_CODE, Interrupted } from './interruption.js';
import { TrainingFailed } from './training-failed.js';

/** How a program ends: 0 where it did what was asked, 1 on a bug. */
const EXIT_CODES = { badInput: 2, failed: 3, interrupted: INTERRUPTED_EXIT_CODE } as const;

const MEANINGS: Readonly<Record<keyof typeof EXIT_CODES, string>> = {
  badInput: 'bad input: the message says what, where, and what to do',
  failed: 'the training failed: every neuron stopped',
  interrupted: 'interrupted: --resume goes on',
};

/** What to do when the system refuses to read or to write. */
const REFUSALS: Readonly<Record<string, string>> = {
  EACCES: 'change the permissions of that place, or choose another',
  EPERM: 'change the permissions of that place, or choose another',
  EROFS: 'that place can only be read: choose another',
  ENOSPC: 'its disk is full: make room, or choose another place, and run the command again',
  EDQUOT: "this user's share of the disk is used up: make room, or choose another place",
  ENOTDIR: 'a part of that path is a file, not a folder: choose another',
  EEXIST: 'what is there is a file, not a folder: choose another place',
  EISDIR: 'that is a folder, not a file: choose another',
};

/** The part of a command's help that says how it ends, beside well. */
export function exitCodesHelp(...ends: (keyof typeof EXIT_CODES)[]): string {
  const lines = ends.map((end) => `  ${String(EXIT_CODES[end]).padEnd(4)} ${MEANINGS[end]}`);
  return ['', 'Exit codes:', '  0    done', ...lines].join('\n');
}

/** Runs a program on the words of its command line; what it cannot do is told in one line. */
export async function runCommand(command: Command): Promise<void> {
  try {
    await command
      .showHelpAfterError('What can be given is listed by --help')
      .exitOverride((error) => process.exit(error.exitCode && EXIT_CODES.badInput))
      .parseAsync();
  } catch (error) {
    const told = ofTheSystem(error) ?? error;
    const code = exitCodeOf(told);
    if (code === undefined || !(told instanceof Error)) throw error;
    console.error(told instanceof Interrupted ? told.message : `error: ${told.message}`);
    process.exitCode = code;
  }
}

/** What the system refused a program, with what to do about it. */
function ofTheSystem(error: unknown): InputError | undefined {
  if (!(error instanceof Error)) return undefined;
  const { code = '', message } = error as NodeJS.ErrnoException;
  const advice = REFUSALS[code];
  return advice === undefined
    ? undefined
    : new InputError(`${message}; ${advice}`, [], { cause: error });
}

function exitCodeOf(error: unknown): number | undefined {
  if (error instanceof InputError) return EXIT_CODES.badInput;
  if (error instanceof TrainingFailed) return EXIT_CODES.failed;
  if (error instanceof Interrupted) return EXIT_CODES.interrupted;
  return undefined;
}
