import { randomBytes } from 'node:crypto';
import { Command } from 'commander';
import { InputError } from '../../src/errors.js';
import { exitCodesHelp } from '../../src/exit-codes.js';
import { parseAs } from '../../src/formats/json.js';
import { ApiKey, SCOPES, type Scope, secretDigest } from '../../src/server/middleware/api-keys.js';

interface Options {
  readonly name: string;
  readonly scopes: string;
  readonly perSecond?: string;
}

const SCOPE_NAMES = new Intl.ListFormat('en-GB', { type: 'disjunction' }).format(SCOPES);

/** `make-key` prints a new key, and its line for the keys file, which holds only a hash of the key. */
export function createMakeKeyCommand(): Command {
  return new Command('make-key')
    .description('prints the line of a new key for API_KEYS_FILE; the key itself goes to stderr')
    .requiredOption('--name <name>', 'name of the client; the log has it for each request')
    .option(
      '--scopes <list>',
      `what the key permits, separated by commas: ${SCOPE_NAMES}`,
      'predict',
    )
    .option(
      '--per-second <requests>',
      'most requests per second with this key; by default there is no limit',
    )
    .allowExcessArguments(false)
    .addHelpText('after', exitCodesHelp('badInput'))
    .action(makeKey);
}

function knownScope(text: string): Scope {
  const scope = SCOPES.find((each) => each === text);
  if (scope === undefined) throw new InputError(`unknown scope: ${text}; expected ${SCOPE_NAMES}`);
  return scope;
}

function readRate(text: string): number {
  const rate = Number(text);
  if (!Number.isNaN(rate)) return rate;
  throw new InputError(`--per-second is no number: ${text}; expected requests, such as 100`);
}

function makeKey({ name, scopes, perSecond }: Options): void {
  const secret = `hc_${randomBytes(32).toString('base64url')}`;
  const key = {
    name,
    scopes: scopes.split(',').map(knownScope),
    ...(perSecond === undefined ? {} : { perSecond: readRate(perSecond) }),
    sha256: secretDigest(secret),
  };
  const line = JSON.stringify(parseAs(ApiKey, key, ''));
  console.error(`${secret}\n  is the key, and is not shown again: Authorization: Bearer <key>`);
  console.log(line);
}
