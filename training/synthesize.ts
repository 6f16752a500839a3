import { InputError } from '../src/input-error.js';
import { createSynthesizeCommand } from './synthetic/command.js';

try {
  await createSynthesizeCommand().parseAsync();
} catch (error) {
  if (!(error instanceof InputError)) throw error;
  console.error(`error: ${error.message}`);
  process.exitCode = 1;
}
