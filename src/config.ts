import path from 'node:path';
import { z } from 'zod';
import { InputError } from './errors.js';
import {
  address,
  choice,
  integer,
  optional,
  type Setting,
  setting,
  whole,
} from './formats/setting.js';
import { BACKEND_NAMES } from './network/backends/index.js';
import { PRECISIONS } from './network/precision.js';

const MEBIBYTE = 2 ** 20;

const PLACE = 'a folder, or a place in S3 such as s3://bucket/prefix';
const PORT_NUMBER = 'a whole number, 0 to 65535 (0: any free port)';
const HOST_NAME = z.string().regex(/^[A-Za-z0-9.:_-]+$/);
const HOST_HELP = 'a host name or an address of this machine, such as 127.0.0.1 or 0.0.0.0';

/** Every environment variable that the service reads, with its default. */
export const SETTINGS = {
  HOST: setting(HOST_NAME, '127.0.0.1', HOST_HELP, 'address to listen on'),
  PORT: setting(integer(0, 65535), '8080', PORT_NUMBER, 'port to listen on'),
  HEALTH_PORT: setting(
    optional(integer(0, 65535)),
    '',
    PORT_NUMBER,
    'second port, which answers health checks only',
  ),
  STREAM_PORT: setting(
    optional(integer(0, 65535)),
    '',
    PORT_NUMBER,
    'port for streams over plain TCP, for programs without WebSockets; without it there is none',
  ),
  STREAM_HOST: setting(HOST_NAME, '127.0.0.1', HOST_HELP, 'address of STREAM_PORT'),
  MODELS_DIR: setting(z.string(), 'models', PLACE, 'where the models are'),
  MODELS_POLL: whole(
    5,
    [0, 86_400],
    'seconds',
    'how often the service looks for new versions of models; 0 is never',
  ),
  ALLOW_IMPORT: choice(
    ['0', '1'],
    '0',
    '1 lets clients import networks as .onnx files, which are programs that the service then runs',
  ),
  MODEL_MEMORY: whole(
    0,
    [0, 2 ** 49],
    'bytes',
    'most memory that loaded models may take; 0 is half of that of this machine',
  ),
  PRELOAD: setting(
    z
      .enum(['all', 'none'])
      .or(z.literal('').transform(() => 'fitting' as const))
      .or(z.string().transform((list) => list.split(',').filter((name) => name !== ''))),
    '',
    'all, none, or names of models separated by commas, such as v1,mt',
    'models that are loaded before the service is ready, and stay loaded; none named: all, if they fit',
  ),
  DATA_DIR: setting(
    z.string(),
    'data-store',
    PLACE,
    'where stimulus sets, cached responses and jobs are kept',
  ),
  STORAGE_CACHE: setting(
    z.string(),
    'data-cache',
    'a folder',
    'where copies of what is in S3 are kept, with cached responses; used with s3:// only',
  ),
  STORAGE_CACHE_CAPACITY: whole(
    10 * 1024 * MEBIBYTE,
    [0, 2 ** 49],
    'bytes',
    'most that copies of what is in S3 may take',
  ),
  AWS_ENDPOINT_URL: setting(
    optional(address(/^https?:\/\/[^/]/)),
    '',
    'an address such as https://minio.lab:9000',
    'S3 that is not the one of AWS',
  ),
  AWS_REGION: setting(
    optional(z.string().regex(/^[a-z0-9-]+$/)),
    '',
    'a name such as eu-central-1',
    'region of the bucket; not needed with AWS_ENDPOINT_URL',
  ),
  ENGINE: choice(
    ['auto', 'onnx', ...BACKEND_NAMES],
    'auto',
    'what computes responses; auto takes a GPU if there is one, else onnx',
  ),
  PRECISION: choice(
    PRECISIONS,
    'float32',
    'in what the onnx engine stores the weights of networks of one neuron; all but float32 are less exact',
  ),
  INSIDE_BACKEND: choice(
    ['auto', ...BACKEND_NAMES],
    'auto',
    'what computes gradients and attention; auto takes that of the engine if it has one, else wasm',
  ),
  THREADS: whole(0, [0, 1024], 'threads', 'threads of the onnx engine; 0 is one for each core'),
  JOB_THREADS: whole(
    0,
    [0, 1024],
    'threads',
    'threads of the onnx engine that computes jobs; 0 is one for each core',
  ),
  JOB_PRIORITY: choice(
    ['idle', 'normal'],
    'idle',
    'priority of the processes that run jobs; idle lets all others compute first',
  ),
  API_KEYS_FILE: setting(z.string(), '', 'a file', 'accepted keys, one a line'),
  ALLOW_ANONYMOUS: choice(['0', '1'], '0', '1 accepts requests without a key from the network'),
  CORS_ORIGINS: setting(
    z
      .string()
      .transform((list) => list.split(',').filter((origin) => origin !== ''))
      .pipe(z.array(z.string().refine(isOrigin))),
    '',
    'origins separated by commas, such as https://lab.example,http://localhost:3000',
    'origins whose web pages may use the service',
  ),
  SETS_CAPACITY: whole(
    2 * 1024 * MEBIBYTE,
    [0, 2 ** 49],
    'bytes',
    'most that stimulus sets may take',
  ),
  CACHE_CAPACITY: whole(
    1024 * MEBIBYTE,
    [0, 2 ** 49],
    'bytes',
    'most that cached responses may take; 0 caches none',
  ),
  REDIS_URL: setting(
    optional(address(/^rediss?:\/\/[^/]/)),
    '',
    'an address such as redis://redis:6379',
    'Redis through which services and workers share jobs; a service without it runs its own',
  ),
  JOB_KINDS: setting(
    z.string().transform((list) => list.split(',').filter((kind) => kind !== '')),
    '',
    'kinds separated by commas, such as characterize',
    'kinds of jobs that a worker runs; none named: all',
  ),
  ALLOW_TRAINING: choice(
    ['0', '1'],
    '0',
    '1 lets clients upload recordings and train models on them; a worker then runs such jobs too',
  ),
  RECORDINGS_CAPACITY: whole(
    100 * 1024 * MEBIBYTE,
    [0, 2 ** 49],
    'bytes',
    'most that recordings and datasets may take',
  ),
  MAX_TRAINING_JOBS: whole(
    4,
    [1, 10_000],
    'jobs',
    'most jobs of recordings and datasets that wait or run',
  ),
  MAX_JOBS: whole(
    100,
    [1, 10_000],
    'jobs',
    'most jobs that are kept, whether they wait, run or are over',
  ),
  JOB_DAYS: whole(0, [0, 36_500], 'days', 'how long a job that is over is kept; 0 is for ever'),
  MAX_WAITING_JOBS: whole(16, [1, 10_000], 'jobs', 'most jobs that wait'),
  JOBS_AT_ONCE: whole(1, [1, 64], 'jobs', 'most jobs that run at the same time'),
  MAX_BODY: whole(64 * MEBIBYTE, [1024, 2 ** 31 - 1], 'bytes', 'largest body of a request'),
  MAX_BODIES: whole(
    32 * MEBIBYTE,
    [1024, 2 ** 31 - 1],
    'bytes',
    'most bytes of large bodies that are read and decoded at the same time; further bodies wait',
  ),
  MAX_STIMULI: whole(10_000, [1, 1_000_000], 'stimuli', 'most stimuli in one request'),
  MAX_PIXELS: whole(16_000_000, [1, 1_000_000_000], 'pixels', 'most pixels of one image'),
  MAX_STREAMS: whole(64, [0, 100_000], 'streams', 'most open streams'),
  MAX_CONCURRENT: whole(
    64,
    [1, 1_000_000],
    'requests',
    'most unanswered requests of one key or, without keys, of one address',
  ),
  MAX_CONNECTIONS: whole(1024, [1, 1_000_000], 'connections', 'most connections'),
  MAX_CONNECTIONS_PER_ADDRESS: whole(
    256,
    [1, 1_000_000],
    'connections',
    'most connections of one address; behind a proxy set it to MAX_CONNECTIONS',
  ),
  QUEUE_CAPACITY: whole(
    20_000,
    [1, 10_000_000],
    'stimuli',
    'most stimuli that wait, of each priority',
  ),
  GRACE_SECONDS: whole(
    2,
    [0, 3600],
    'seconds',
    'after SIGTERM: how long requests are still accepted, until balancers have seen /readyz',
  ),
  DRAIN_SECONDS: whole(
    25,
    [1, 3600],
    'seconds',
    'after SIGTERM or SIGINT: how long until the process ends at the latest, grace included',
  ),
  OTEL_EXPORTER_OTLP_ENDPOINT: setting(
    optional(address(/^https?:\/\/[^/]/)),
    '',
    'an address such as http://localhost:4318',
    'collector of OpenTelemetry that gets the traces of requests and jobs; without it there are none',
  ),
  LOG_LEVEL: choice(
    ['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent'],
    'info',
    'detail of the log on stderr',
  ),
} as const;

type Settings = typeof SETTINGS;
export type Variable = keyof Settings;

/** The service's configuration, under the names of its environment variables. */
export type Config = { readonly [Name in Variable]: z.infer<Settings[Name]['schema']> };

/** Settings by the names of their environment variables. */
export type Environment = Readonly<Record<string, string | undefined>>;

const DISTINCT_PORTS = [
  ['HEALTH_PORT', 'PORT'],
  ['STREAM_PORT', 'PORT'],
  ['STREAM_PORT', 'HEALTH_PORT'],
] as const;

/**
 * Reads the configuration from the environment. A variable that is unset or empty takes its default.
 * @throws InputError with one line that names the variable, its value and what is accepted
 */
export function readConfig(environment: Environment): Config {
  const config = Object.fromEntries(
    Object.entries(SETTINGS).map(([name, setting]) => [name, read(name, setting, environment)]),
  ) as Config;
  if (config.QUEUE_CAPACITY < config.MAX_STIMULI) {
    throw new InputError(
      `QUEUE_CAPACITY=${config.QUEUE_CAPACITY} is not accepted: the queue must hold the largest ` +
        `request, MAX_STIMULI=${config.MAX_STIMULI}`,
    );
  }
  if (config.DRAIN_SECONDS < config.GRACE_SECONDS) {
    throw new InputError(
      `DRAIN_SECONDS=${config.DRAIN_SECONDS} is not accepted: it includes GRACE_SECONDS=` +
        `${config.GRACE_SECONDS}`,
    );
  }
  if (config.ALLOW_TRAINING === '1' && config.REDIS_URL !== undefined && config.MODELS_POLL === 0) {
    throw new InputError(
      'MODELS_POLL=0 is not accepted: workers train models, which a service must look for; expected ' +
        'seconds, at least 1',
    );
  }
  for (const [name, other] of DISTINCT_PORTS) {
    if (config[name] && config[name] === config[other]) {
      throw new InputError(
        `${name}=${config[name]} is not accepted: it is ${other}; expected another port`,
      );
    }
  }
  return config;
}

function read(
  name: string,
  { schema, fallback, accepted }: Setting<z.ZodType>,
  environment: Environment,
): unknown {
  const value = environment[name] || fallback;
  const parsed = schema.safeParse(value);
  if (parsed.success) return parsed.data;
  throw new InputError(
    `${name}=${JSON.stringify(value)} is not accepted: it takes ${accepted} (default ${fallback || 'none'})`,
  );
}

/** As browsers write them: no path, no slash at the end. */
function isOrigin(text: string): boolean {
  return /^https?:/.test(text) && URL.canParse(text) && new URL(text).origin === text;
}

/** What the settings say of S3. */
export function storageSettings(config: Config) {
  return {
    endpoint: config.AWS_ENDPOINT_URL,
    region: config.AWS_REGION,
    cache: path.resolve(config.STORAGE_CACHE),
    cacheCapacity: config.STORAGE_CACHE_CAPACITY,
  };
}
