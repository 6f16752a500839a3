import { z } from 'zod';
import { InputError } from './errors.js';

const MEBIBYTE = 2 ** 20;

/** Decimal digits only: `1e3`, `0x10`, `+5` and ` 8` are more likely mistakes than numbers. */
const integer = (least: number, most: number) =>
  z
    .string()
    .regex(/^\d{1,15}$/)
    .transform(Number)
    .pipe(z.number().min(least).max(most));

interface Setting<Schema extends z.ZodType> {
  readonly schema: Schema;
  /** As it would stand in the environment. */
  readonly fallback: string;
  readonly accepted: string;
}

const setting = <Schema extends z.ZodType>(
  schema: Schema,
  fallback: string,
  accepted: string,
): Setting<Schema> => ({ schema, fallback, accepted });

const choice = <const Options extends readonly string[]>(options: Options, fallback: string) =>
  setting(z.enum(options), fallback, `one of ${options.join(', ')}`);

const whole = (fallback: number, least: number, most: number, unit: string) =>
  setting(integer(least, most), String(fallback), `a whole number of ${unit}, ${least} to ${most}`);

/** Every environment variable that the service reads, with its default. */
const SETTINGS = {
  HOST: setting(
    z.string().regex(/^[A-Za-z0-9.:_-]+$/),
    '127.0.0.1',
    'a host name or an address of this machine, such as 127.0.0.1 or 0.0.0.0',
  ),
  PORT: setting(integer(0, 65535), '8080', 'a whole number, 0 to 65535 (0: any free port)'),
  /** Where the health of the service is answered too, on connections of its own; empty: nowhere else. */
  HEALTH_PORT: setting(
    z
      .literal('')
      .transform(() => undefined)
      .or(integer(0, 65535)),
    '',
    'a whole number, 0 to 65535 (0: any free port)',
  ),
  /** A file with the keys that are accepted, one a line. */
  API_KEYS_FILE: setting(z.string(), '', 'a file'),
  /** 1: no keys are needed, wherever the service listens. */
  ALLOW_ANONYMOUS: choice(['0', '1'], '0'),
  /** Whose web pages may use the service. */
  CORS_ORIGINS: setting(
    z
      .string()
      .transform((list) => list.split(',').filter((origin) => origin !== ''))
      .pipe(z.array(z.string().refine(isOrigin))),
    '',
    'origins separated by commas, such as https://lab.example,http://localhost:3000',
  ),
  MODELS_DIR: setting(z.string(), 'models', 'a folder'),
  /** Stimulus sets and cached responses. */
  DATA_DIR: setting(z.string(), 'data-store', 'a folder'),
  /** Of the stimulus sets together. */
  SETS_CAPACITY: whole(2 * 1024 * MEBIBYTE, 0, 2 ** 49, 'bytes'),
  /** Of the cached responses together; 0: none are. */
  CACHE_CAPACITY: whole(1024 * MEBIBYTE, 0, 2 ** 49, 'bytes'),
  /** Those not over included. */
  MAX_JOBS: whole(100, 1, 10_000, 'jobs that are kept'),
  MAX_WAITING_JOBS: whole(16, 1, 10_000, 'waiting jobs'),
  JOBS_AT_ONCE: whole(1, 1, 64, 'jobs that run at the same time'),
  ENGINE: choice(['auto', 'onnx', 'tensorflow', 'webgpu', 'wasm'], 'auto'),
  /** That looks inside networks; auto: the engine's where it has one, else wasm. */
  INSIDE_BACKEND: choice(['auto', 'tensorflow', 'webgpu', 'wasm'], 'auto'),
  /** Of the onnx engine; 0: as many as this machine has cores. */
  THREADS: whole(0, 0, 1024, 'threads'),
  MAX_BODY: whole(64 * MEBIBYTE, 1024, 2 ** 31 - 1, 'bytes'),
  /** Large bodies that are read and decoded at the same time; others wait. */
  MAX_BODIES: whole(32 * MEBIBYTE, 1024, 2 ** 31 - 1, 'bytes'),
  MAX_STIMULI: whole(10_000, 1, 1_000_000, 'stimuli in one request'),
  MAX_PIXELS: whole(16_000_000, 1, 1_000_000_000, 'pixels in one image'),
  MAX_STREAMS: whole(64, 0, 100_000, 'open streams'),
  /** Of one client: of one key or, without keys, of one address. */
  MAX_CONCURRENT: whole(64, 1, 1_000_000, 'requests'),
  MAX_CONNECTIONS: whole(1024, 1, 1_000_000, 'connections'),
  /** Where a proxy stands in front, whose connections are everybody's: as MAX_CONNECTIONS. */
  MAX_CONNECTIONS_PER_ADDRESS: whole(256, 1, 1_000_000, 'connections'),
  /** Of each priority. */
  QUEUE_CAPACITY: whole(20_000, 1, 10_000_000, 'waiting stimuli'),
  /** After SIGTERM: how long requests are still taken, until balancers have seen /readyz. */
  GRACE_SECONDS: whole(2, 0, 3600, 'seconds'),
  /** After SIGTERM or SIGINT: how long at most until the process ends, the grace included. */
  DRAIN_SECONDS: whole(25, 1, 3600, 'seconds'),
  LOG_LEVEL: choice(['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent'], 'info'),
} as const;

type Settings = typeof SETTINGS;
type Variable = keyof Settings;

/** The service's configuration, under the names of its environment variables. */
export type Config = { readonly [Name in Variable]: z.infer<Settings[Name]['schema']> };

/**
 * Reads the configuration from the environment. A variable that is unset or empty takes its default.
 * @throws InputError with one line that names the variable, its value and what is accepted
 */
export function readConfig(environment: Readonly<Record<string, string | undefined>>): Config {
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
  if (config.PORT !== 0 && config.HEALTH_PORT === config.PORT) {
    throw new InputError(
      `HEALTH_PORT=${config.HEALTH_PORT} is not accepted: it is PORT; expected another port`,
    );
  }
  return config;
}

function read(
  name: string,
  { schema, fallback, accepted }: Setting<z.ZodType>,
  environment: Readonly<Record<string, string | undefined>>,
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
