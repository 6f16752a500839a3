import { createEvaluateCommand } from './evaluation/evaluate-command.js';
import { runCommand } from './run-command.js';

await runCommand(createEvaluateCommand());
