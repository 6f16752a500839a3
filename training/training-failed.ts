/** A training that came to nothing: every neuron stopped. */
export class TrainingFailed extends Error {
  override readonly name = 'TrainingFailed';
}
