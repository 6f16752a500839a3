import { runCommand } from '../../training/run-command.js';
import { createExportCommand } from './export-command.js';

await runCommand(createExportCommand());
