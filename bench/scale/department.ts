import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp } from 'node:fs/promises';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { freePort } from '../programs/free-port.js';
import { launchHaproxy } from '../programs/haproxy.js';
import { launchRedis } from '../programs/redis.js';
import { childProcesses, type RunningService, startService } from '../running-service.js';
import type { ScaleConfig } from './config.js';

export interface DepartmentOptions extends Pick<ScaleConfig, 'folder' | 'models'> {
  readonly replicas: number;
  readonly workers: number;
  /** Settings of each service and each worker. */
  readonly settings?: Readonly<Record<string, string>>;
  /** The cores that services run on, in turn, each as taskset takes them; without it they share all. */
  readonly serviceCores?: readonly string[];
  readonly workerCores?: string;
}

/** A service behind HAProxy, which starts again on the same port. */
export interface Replica {
  service: RunningService;
  restart(): Promise<void>;
}

/** A process that runs jobs from Redis. */
export interface Worker {
  /** Whether it has a process that runs jobs. */
  isBusy(): Promise<boolean>;
  kill(): Promise<void>;
}

/** Services behind HAProxy and workers, which share Redis and a folder. */
export interface Department {
  /** Of HAProxy. */
  readonly url: string;
  /** The process of that HAProxy. */
  readonly balancer: number;
  readonly redisPort: number;
  readonly replicas: readonly Replica[];
  readonly workers: readonly Worker[];
  /** Starts one more HAProxy in front of the first services. @returns its address */
  balance(replicas: number): Promise<string>;
  stop(): Promise<void>;
}

const PROGRAM = fileURLToPath(new URL('../../src/cli/hypercolumn.js', import.meta.url));

/** Starts real programs on this machine: redis-server, haproxy, services of one thread, workers. */
export async function startDepartment(options: DepartmentOptions): Promise<Department> {
  const { models, settings, serviceCores, workerCores } = options;
  const folder = await mkdtemp(path.join(options.folder, 'department-'));
  const programs: ChildProcess[] = [];
  const redisPort = await freePort();
  programs.push(await launchRedis(redisPort, folder));
  const environment = {
    MODELS_DIR: models,
    DATA_DIR: path.join(folder, 'data'),
    REDIS_URL: `redis://127.0.0.1:${redisPort}`,
    CACHE_CAPACITY: '0',
    ENGINE: 'onnx',
    THREADS: '1',
    ...settings,
  };
  const replicas: Replica[] = [];
  for (let i = 0; i < options.replicas; i++) {
    const own = { ...environment, PORT: String(await freePort()) };
    const cores = serviceCores?.[i % serviceCores.length];
    const replica: Replica = {
      service: await startService(own, cores),
      async restart() {
        replica.service = await startService(own, cores);
      },
    };
    replicas.push(replica);
  }
  const workers: Worker[] = [];
  for (let i = 0; i < options.workers; i++) {
    workers.push(await startWorker({ ...environment, JOB_THREADS: '1' }, workerCores));
  }
  const balance = async (count: number) => {
    const port = await freePort();
    const hosts = replicas.slice(0, count).map(({ service }) => new URL(service.url).host);
    const program = await launchHaproxy(port, hosts, folder);
    programs.push(program);
    return { url: `http://127.0.0.1:${port}`, balancer: program.pid! };
  };
  return {
    ...(await balance(options.replicas)),
    redisPort,
    replicas,
    workers,
    balance: async (count) => (await balance(count)).url,
    async stop() {
      await Promise.all(replicas.map(({ service }) => service.stop()));
      await Promise.all(workers.map((worker) => worker.kill()));
      for (const program of programs) await kill(program);
    },
  };
}

async function startWorker(
  environment: Readonly<Record<string, string>>,
  cores: string | undefined,
): Promise<Worker> {
  const command = [process.execPath, PROGRAM, 'worker'];
  const [program, ...args] = cores === undefined ? command : ['taskset', '-c', cores, ...command];
  const child = spawn(program!, args, {
    env: { ...process.env, LOG_LEVEL: 'fatal', ...environment },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  await once(child.stdout, 'data');
  child.stdout.resume();
  return {
    isBusy: async () => (await childProcesses(child.pid!)).length > 0,
    kill: () => kill(child),
  };
}

async function kill(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  child.kill('SIGKILL');
  await once(child, 'exit');
}
