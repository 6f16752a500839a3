import { CommandEnd } from '../../src/exit-codes.js';

/** A training without a result: every neuron stopped. */
export class TrainingFailed extends CommandEnd {
  override readonly name = 'TrainingFailed';

  constructor(message: string) {
    super('failed', message);
  }
}
