import type { Command } from 'commander';
import { InputError } from '../src/input-error.js';
import { INTERRUPTED_EXIT_CODE, Interrupted } from './interruption.js';
import { TrainingFailed } from './training-failed.js';

/** How a program ends: 0 where it did what was asked, 1 on a bug. */
const EXIT_CODES = { badInput: 2, failed: 3, interrupted: INTERRUPTED_EXIT_CODE } as const;

const MEANINGS: Readonly<Record<keyof typeof EXIT_CODES, string>> = {
  badInput: 'bad input: the message says what, where, and what to do',
  failed: 'the training failed: every neuron stopped',
  interrupted: 'interrupted: --resume goes on',
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
      .exitOverride((error) => process.exit(error.exitCode && EXIT_CODES.badInput))
      .parseAsync();
  } catch (error) {
    const code = exitCodeOf(error);
    if (code === undefined || !(error instanceof Error)) throw error;
    console.error(error instanceof Interrupted ? error.message : `error: ${error.message}`);
    process.exitCode = code;
  }
}

function exitCodeOf(error: unknown): number | undefined {
  if (error instanceof InputError) return EXIT_CODES.badInput;
  if (error instanceof TrainingFailed) return EXIT_CODES.failed;
  if (error instanceof Interrupted) return EXIT_CODES.interrupted;
  return undefined;
}
