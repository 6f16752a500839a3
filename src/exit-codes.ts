/** How a command ends: 0 where it did what was asked, 1 on a bug. */
export const EXIT_CODES = {
  notStarted: 1,
  badInput: 2,
  failed: 3,
  unreachable: 4,
  interrupted: 130,
} as const;
type End = keyof typeof EXIT_CODES;

const MEANINGS: Readonly<Record<End, string>> = {
  notStarted: 'the service could not start: the message says why',
  badInput: 'bad input: the message says what, where, and what to do',
  failed: 'the training failed: every neuron stopped',
  unreachable: 'S3 could not be read or written: the message says why',
  interrupted: 'interrupted by Ctrl-C or a signal',
};

/** Ends a command with one line and an exit code of its own. */
export class CommandEnd extends Error {
  override readonly name: string = 'CommandEnd';
  readonly end: Exclude<End, 'badInput'>;

  /** @param message what the user reads */
  constructor(end: Exclude<End, 'badInput'>, message: string) {
    super(message);
    this.end = end;
  }
}

/** The part of a command's help that lists its exit codes. */
export function exitCodesHelp(...ends: readonly End[]): string {
  const lines = ends.map((end) => `  ${String(EXIT_CODES[end]).padEnd(4)} ${MEANINGS[end]}`);
  return ['', 'Exit codes:', '  0    done', ...lines].join('\n');
}
