import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';

/** What a program and its children did outside themselves. */
export interface Trace {
  /** System calls that connect to another machine or a name server. */
  readonly network: string[];
  /** System calls that create or write a file outside the folder of the program. */
  readonly writes: string[];
  /** Files that the program left in its empty home and temporary folders. */
  readonly left: string[];
}

const CALLS =
  'trace=%network,open,openat,openat2,creat,mkdir,mkdirat,rename,renameat,renameat2,link,symlink';

/**
 * Starts a Node program under strace, with an empty HOME and TMPDIR.
 * @param folder an empty folder for the program, for HOME, TMPDIR and the log
 */
export function startTraced(
  folder: string,
  args: readonly string[],
  environment: Record<string, string>,
): { readonly child: ChildProcess; readonly finish: () => Promise<Trace> } {
  const [home, temporary] = [path.join(folder, 'home'), path.join(folder, 'tmp')];
  for (const empty of [home, temporary]) mkdirSync(empty);
  const log = path.join(folder, 'strace.log');
  const { PATH = '' } = process.env;
  const child = spawn(
    'strace',
    ['-f', '--seccomp-bpf', '-qq', '-s', '256', '-e', CALLS, '-o', log, process.execPath, ...args],
    {
      env: { PATH, HOME: home, TMPDIR: temporary, ...environment },
      stdio: ['ignore', 'pipe', 'inherit'],
    },
  );
  const ended = once(child, 'close');
  return {
    child,
    async finish() {
      await ended;
      const lines = readFileSync(log, 'utf8').split('\n');
      return {
        network: lines.filter(isSentAway),
        writes: lines.filter((line) => isWrite(line) && !line.includes(`"${folder}`)),
        left: [home, temporary].flatMap((empty) =>
          readdirSync(empty, { recursive: true }).map(String),
        ),
      };
    },
  };
}

function isSentAway(line: string): boolean {
  if (!/\b(connect|sendto|sendmsg|sendmmsg)\(/.test(line)) return false;
  if (/htons\(53\)|nscd/.test(line)) return true;
  return /AF_INET6?\b/.test(line) && !/"127\.0\.0\.1"|"::1"/.test(line);
}

function isWrite(line: string): boolean {
  if (/= -1 E/.test(line)) return false;
  if (/\b(mkdir|rename|link|symlink|creat)\w*\(/.test(line)) return true;
  return /O_CREAT|O_WRONLY|O_RDWR/.test(line) && !/"\/(dev|proc)\//.test(line);
}
