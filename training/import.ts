import { createImportCommand } from './import/import-command.js';
import { runCommand } from './run-command.js';

await runCommand(createImportCommand());
