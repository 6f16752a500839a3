import { runCommand } from '../../training/run-command.js';
import { createMakeKeyCommand } from './make-key-command.js';

await runCommand(createMakeKeyCommand());
