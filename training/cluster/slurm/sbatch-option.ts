import { InvalidArgumentError } from 'commander';

/** The options of sbatch that need no value. Any other without one would take the next option as its value. */
const FLAGS = [
  ...['contiguous', 'exclusive', 'get-user-env', 'hold', 'ignore-pbs', 'nice', 'no-kill'],
  ...['no-requeue', 'overcommit', 'oversubscribe', 'propagate', 'reboot', 'spread-job'],
  ...['use-min-nodes', 'verbose'],
];

/**
 * Reads an option of sbatch, without its dashes.
 * @throws InvalidArgumentError where it would not reach sbatch as one option
 */
export function readSbatchOption(text: string): string {
  if (/^[a-z][a-z\d-]*=.+$/.test(text) || FLAGS.includes(text)) return text;
  throw new InvalidArgumentError(
    `It must be an option of sbatch without its dashes: a name and a value, such as account=lab, or one of ${FLAGS.join(', ')}.`,
  );
}
