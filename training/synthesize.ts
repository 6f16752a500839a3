import { runCommand } from './run-command.js';
import { createSynthesizeCommand } from './synthetic/command.js';

await runCommand(createSynthesizeCommand());
