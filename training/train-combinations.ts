import { InputError } from '../src/errors.js';
import type { Fit } from '../src/models/card.js';
import type { ClusterOptions } from './cluster/cluster-options.js';
import type { ModelRequest } from './run/model-request.js';

/** Options of `train` that do not go with each other. */
type Combined = Pick<ModelRequest, 'members' | 'select' | 'heldOutSeed'> &
  Pick<ClusterOptions, 'on'> & {
    readonly from?: string;
    readonly fit: Fit;
    readonly core?: string;
  };

/**
 * @param isFitGiven whether --fit is not what it is by default
 * @throws InputError naming the option that has no effect, or does not go with another
 */
export function checkCombinations(
  { from, fit, core, on, members, select, heldOutSeed }: Combined,
  isFitGiven: boolean,
): void {
  if (from === undefined && isFitGiven) {
    throw new InputError(`--fit ${fit} is used without --from; expected --from with a model`);
  }
  if (from !== undefined && core !== undefined) {
    throw new InputError(
      `--core ${core} is used with --from ${from}; expected one of them: the readouts of a core that is kept are new`,
    );
  }
  const first = from === undefined ? '--core' : '--from';
  if ((from ?? core) !== undefined && on !== undefined) {
    throw new InputError(
      `${first} is used with --on ${on}; expected it without: a warm start is short, and runs here`,
    );
  }
  if (members !== undefined && on !== undefined) {
    throw new InputError(
      `--on ${on} is used with --members ${members}; expected it without: train each seed there with --each seed=... ` +
        'and one --held-out-seed, and make one model of them with hypercolumn bundle',
    );
  }
  if (heldOutSeed === undefined) return;
  const given = `--held-out-seed ${heldOutSeed} is used`;
  if (select !== 'heldout') {
    throw new InputError(`${given} without --select heldout; expected it with held-out images`);
  }
  if (members !== undefined) {
    throw new InputError(
      `${given} with --members ${members}; expected it without: all members hold out what --seed draws`,
    );
  }
}
