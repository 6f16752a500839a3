import { expect, test } from 'vitest';
import { readConfig } from '../src/config.js';

test('an empty environment gives the defaults', () => {
  expect(readConfig({})).toEqual({
    HOST: '127.0.0.1',
    PORT: 8080,
    STREAM_HOST: '127.0.0.1',
    STREAM_PORT: undefined,
    API_KEYS_FILE: '',
    ALLOW_ANONYMOUS: '0',
    CORS_ORIGINS: [],
    MODELS_DIR: 'models',
    ALLOW_IMPORT: '0',
    MODELS_POLL: 5,
    MODEL_MEMORY: 0,
    PRELOAD: 'fitting',
    DATA_DIR: 'data-store',
    STORAGE_CACHE: 'data-cache',
    STORAGE_CACHE_CAPACITY: 10 * 1024 ** 3,
    AWS_ENDPOINT_URL: undefined,
    AWS_REGION: undefined,
    SETS_CAPACITY: 2 * 1024 ** 3,
    CACHE_CAPACITY: 1024 ** 3,
    ENGINE: 'auto',
    PRECISION: 'float32',
    INSIDE_BACKEND: 'auto',
    THREADS: 0,
    JOB_THREADS: 0,
    JOB_PRIORITY: 'idle',
    JOB_KINDS: [],
    REDIS_URL: undefined,
    MAX_BODY: 64 * 1024 * 1024,
    MAX_BODIES: 32 * 1024 * 1024,
    MAX_STIMULI: 10_000,
    ALLOW_TRAINING: '0',
    RECORDINGS_CAPACITY: 100 * 1024 ** 3,
    MAX_TRAINING_JOBS: 4,
    MAX_JOBS: 100,
    JOB_DAYS: 0,
    MAX_WAITING_JOBS: 16,
    JOBS_AT_ONCE: 1,
    MAX_STREAMS: 64,
    MAX_PIXELS: 16_000_000,
    MAX_CONCURRENT: 64,
    MAX_CONNECTIONS: 1024,
    MAX_CONNECTIONS_PER_ADDRESS: 256,
    QUEUE_CAPACITY: 20_000,
    GRACE_SECONDS: 2,
    DRAIN_SECONDS: 25,
    OTEL_EXPORTER_OTLP_ENDPOINT: undefined,
    LOG_LEVEL: 'info',
  });
});

test('PRELOAD is all, none, or a list of names', () => {
  expect(readConfig({ PRELOAD: 'all' }).PRELOAD).toBe('all');
  expect(readConfig({ PRELOAD: 'none' }).PRELOAD).toBe('none');
  expect(readConfig({ PRELOAD: 'v1,mt,' }).PRELOAD).toEqual(['v1', 'mt']);
});

test('an empty variable counts as unset, and unknown variables are ignored', () => {
  const environment = { PORT: '', ENGINE: '', HOME: '/root', HOST: '0.0.0.0', MAX_STIMULI: '5' };
  expect(readConfig(environment)).toEqual({ ...readConfig({}), HOST: '0.0.0.0', MAX_STIMULI: 5 });
});

test('a bad value is reported in one line with the variable, its value and what is expected', () => {
  const rejection = (environment: Record<string, string>) => {
    try {
      return readConfig(environment);
    } catch (error) {
      return String(error);
    }
  };
  expect(rejection({ PORT: '80a' })).toMatchInlineSnapshot(
    `"InputError: PORT="80a" is not accepted: it takes a whole number, 0 to 65535 (0: any free port) (default 8080)"`,
  );
  expect(rejection({ PORT: '65536' })).toMatchInlineSnapshot(
    `"InputError: PORT="65536" is not accepted: it takes a whole number, 0 to 65535 (0: any free port) (default 8080)"`,
  );
  expect(rejection({ PORT: '-1' })).toMatchInlineSnapshot(
    `"InputError: PORT="-1" is not accepted: it takes a whole number, 0 to 65535 (0: any free port) (default 8080)"`,
  );
  expect(rejection({ HOST: 'http://x' })).toMatchInlineSnapshot(
    `"InputError: HOST="http://x" is not accepted: it takes a host name or an address of this machine, such as 127.0.0.1 or 0.0.0.0 (default 127.0.0.1)"`,
  );
  expect(rejection({ ENGINE: 'cuda\nx' })).toMatchInlineSnapshot(
    `"InputError: ENGINE="cuda\\nx" is not accepted: it takes one of auto, onnx, tensorflow, webgpu, wasm (default auto)"`,
  );
  expect(rejection({ MAX_BODY: '64MB' })).toMatchInlineSnapshot(
    `"InputError: MAX_BODY="64MB" is not accepted: it takes a whole number of bytes, 1024 to 2147483647 (default 67108864)"`,
  );
  expect(rejection({ CORS_ORIGINS: 'https://lab.example/' })).toMatchInlineSnapshot(
    `"InputError: CORS_ORIGINS="https://lab.example/" is not accepted: it takes origins separated by commas, such as https://lab.example,http://localhost:3000 (default none)"`,
  );
  for (const address of ['http://127.0.0.1:99999', 'http://[::1', 'http://a b', 'localhost:4318']) {
    expect(rejection({ OTEL_EXPORTER_OTLP_ENDPOINT: address })).toContain(
      `OTEL_EXPORTER_OTLP_ENDPOINT="${address}" is not accepted: it takes an address such as`,
    );
  }
  expect(rejection({ LOG_LEVEL: 'loud' })).toMatchInlineSnapshot(
    `"InputError: LOG_LEVEL="loud" is not accepted: it takes one of fatal, error, warn, info, debug, trace, silent (default info)"`,
  );
  expect(rejection({ QUEUE_CAPACITY: '10' })).toMatchInlineSnapshot(
    `"InputError: QUEUE_CAPACITY=10 is not accepted: the queue must hold the largest request, MAX_STIMULI=10000"`,
  );
  expect(rejection({ GRACE_SECONDS: '9', DRAIN_SECONDS: '3' })).toMatchInlineSnapshot(
    `"InputError: DRAIN_SECONDS=3 is not accepted: it includes GRACE_SECONDS=9"`,
  );
  expect(rejection({ PORT: '9000', HEALTH_PORT: '9000' })).toMatchInlineSnapshot(
    `"InputError: HEALTH_PORT=9000 is not accepted: it is PORT; expected another port"`,
  );
  expect(rejection({ HEALTH_PORT: '9000', STREAM_PORT: '9000' })).toMatchInlineSnapshot(
    `"InputError: STREAM_PORT=9000 is not accepted: it is HEALTH_PORT; expected another port"`,
  );
  const free = { PORT: '0', HEALTH_PORT: '0', STREAM_PORT: '0' };
  expect(readConfig(free)).toMatchObject({ PORT: 0, HEALTH_PORT: 0, STREAM_PORT: 0 });
});

test('CORS_ORIGINS is a list of origins written as browsers write them', () => {
  const origins = (CORS_ORIGINS: string) => readConfig({ CORS_ORIGINS }).CORS_ORIGINS;
  expect(origins('https://lab.example,http://localhost:3000')).toEqual([
    'https://lab.example',
    'http://localhost:3000',
  ]);
  for (const bad of ['*', 'null', 'lab.example', 'https://lab.example/x', 'https://LAB.example']) {
    expect(() => origins(bad), bad).toThrow('CORS_ORIGINS=');
  }
});
