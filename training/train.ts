import { InputError } from '../src/input-error.js';
import { createTrainCommand } from './train-command.js';

try {
  await createTrainCommand().parseAsync();
} catch (error) {
  if (!(error instanceof InputError)) throw error;
  console.error(`error: ${error.message}`);
  process.exitCode = 1;
}
