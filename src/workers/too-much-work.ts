/** A task takes more work than is allowed where it runs; nothing is wrong with it. */
export class TooMuchWorkError extends Error {
  override readonly name = 'TooMuchWorkError';

  constructor() {
    super('this takes too much work to be done here');
  }
}
