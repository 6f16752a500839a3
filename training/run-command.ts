import type { Command } from 'commander';
import { InputError } from '../src/input-error.js';

/** The exit code of a program that was given something it cannot use. */
const BAD_INPUT = 2;

/** Runs a program on the words of its command line; bad input is told in one line. */
export async function runCommand(command: Command): Promise<void> {
  try {
    await command.exitOverride((error) => process.exit(error.exitCode && BAD_INPUT)).parseAsync();
  } catch (error) {
    if (!(error instanceof InputError)) throw error;
    console.error(`error: ${error.message}`);
    process.exitCode = BAD_INPUT;
  }
}
