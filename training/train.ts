import { runCommand } from './run-command.js';
import { createTrainCommand } from './train-command.js';

await runCommand(createTrainCommand(process.env));
