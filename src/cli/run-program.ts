import type { Environment } from '../config.js';
import { createProgram } from './program.js';
import { runCommand } from './run-command.js';

/** @param words of the command line, without the names of Node and the program */
export async function runProgram(environment: Environment, words: readonly string[]) {
  await runCommand(await createProgram(environment, words), words);
}
