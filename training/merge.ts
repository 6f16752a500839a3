import { createMergeCommand } from './merge-command.js';
import { runCommand } from './run-command.js';

await runCommand(createMergeCommand());
