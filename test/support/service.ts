import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { childrenOf } from './processes.js';

const MAIN = fileURLToPath(new URL('../../dist/src/main.js', import.meta.url));

export interface RunningService {
  /** Without a slash at its end. */
  readonly url: string;
  readonly child: ChildProcess;
  readonly stdout: () => string;
  readonly stderr: () => string;
  /** Ids of the processes that it started. */
  readonly children: () => number[];
  /** The exit code, or the signal that ended it; it and its child processes have written all their output. */
  readonly ended: Promise<number | NodeJS.Signals>;
  /**
   * Kills the service and waits until it has exited. Its child processes notice that later: those of the
   * lowest priority need seconds for it while both cores are busy.
   */
  readonly kill: () => Promise<void>;
}

/**
 * Starts the compiled service on a free port, with the given environment.
 * @param main the compiled program
 */
export function spawnService(environment: Record<string, string>, main = MAIN) {
  if (!existsSync(main)) throw new Error(`${main} is missing: npm run build`);
  const { PATH = '' } = process.env;
  const child = spawn(process.execPath, [main], {
    // Nothing is stored unless a test sets DATA_DIR.
    env: {
      PATH,
      PORT: '0',
      ENGINE: 'wasm',
      DATA_DIR: '/dev/null',
      MODELS_POLL: '0',
      // Where both cores are busy, a job of the lowest priority would not end in time.
      JOB_PRIORITY: 'normal',
      ...environment,
    },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let [stdout, stderr] = ['', ''];
  child.stdout.on('data', (text: Buffer) => {
    stdout += text.toString();
  });
  child.stderr.on('data', (text: Buffer) => {
    stderr += text.toString();
  });
  const ended = once(child, 'close').then(
    ([code, signal]) => (code ?? signal) as number | NodeJS.Signals,
  );
  const exited = once(child, 'exit');
  const kill = async () => {
    child.kill('SIGKILL');
    await exited;
  };
  const children = () => childrenOf(child.pid!);
  return { child, ended, kill, children, stdout: () => stdout, stderr: () => stderr };
}

/** Starts the service and waits until it is ready. */
export async function startService(
  environment: Record<string, string>,
  main = MAIN,
): Promise<RunningService> {
  const service = spawnService(environment, main);
  const url = await new Promise<string>((resolve, reject) => {
    service.child.stdout.on('data', () => {
      const ready = /ready at (\S+)/.exec(service.stdout());
      if (ready?.[1] !== undefined) resolve(ready[1]);
    });
    void service.ended.then((end) => reject(new Error(`it ended (${end}): ${service.stderr()}`)));
  });
  return { ...service, url };
}
