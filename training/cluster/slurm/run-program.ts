import { execFile } from 'node:child_process';

/** How a program ended. */
export interface ProgramEnd {
  /** The exit code, the signal that ended it, or the reason why it did not start, such as ENOENT. */
  readonly code: number | string;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs a program to its end. */
export type RunProgram = (program: string, args: readonly string[]) => Promise<ProgramEnd>;

/** Bytes of output that are read. */
const MAX_OUTPUT = 2 ** 26;

export const runProgram: RunProgram = (program, args) =>
  new Promise((resolve) => {
    execFile(program, args, { maxBuffer: MAX_OUTPUT }, (error, stdout, stderr) => {
      const code = error === null ? 0 : (error.code ?? error.signal ?? 1);
      resolve({ code, stdout, stderr });
    });
  });
