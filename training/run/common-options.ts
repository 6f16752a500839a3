import { Option } from 'commander';
import { BACKEND_NAMES } from '../../src/network/backends/index.js';
import { siteName } from './options.js';

// Options that several commands have, each declared once.

/** `--site`, next to `--data`. */
export function siteOption(): Option {
  return new Option(
    '--site <name>',
    'name of the site in --data, where that is no dataset',
  ).argParser(siteName);
}

/** `--backend`, of what runs networks. */
export function backendOption(): Option {
  return new Option('--backend <name>', 'what computes: auto takes the first that works')
    .choices(['auto', ...BACKEND_NAMES])
    .default('auto');
}
