import { fileURLToPath } from 'node:url';
import { runCommand } from '../../training/run-command.js';
import { createTrimCommand } from './trim-command.js';

await runCommand(createTrimCommand(fileURLToPath(new URL('../../..', import.meta.url))));
