/** The setup cannot continue on this machine. The message is one line with the next step. */
export class SetupError extends Error {
  override readonly name = 'SetupError';
}
