import { createMakeModelCommand } from './made-up/command.js';
import { runCommand } from './run-command.js';

await runCommand(createMakeModelCommand());
