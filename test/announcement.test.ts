import { expect, test } from 'vitest';
import { announcement, stepLine } from '../src/announcement.js';
import { unknownPreloads } from '../src/inference/unknown-preloads.js';
import { tinyModel } from './support/cards.js';

const ENGINE = { name: 'wasm', device: '2 CPU threads', precision: 'float32' } as const;
const HERE = { image: 'a.png', hasGuide: true };
const find = () => undefined;

test('the start lines list the models, those that failed with the reason, and the addresses to open', () => {
  const served = [tinyModel('tiny', 1)];
  const unusable = [{ name: 'broken', version: 3, reason: 'its weights differ' }];
  const text = announcement(
    { url: 'http://127.0.0.1:8080', streamsUrl: 'tcp://127.0.0.1:8081' },
    ENGINE,
    { served, unusable, find },
    { sets: { folder: 'data', warning: 'nothing can be added' }, jobs: { folder: 'data/jobs' } },
    { image: 'docs/example.png', hasGuide: true },
  );
  expect(text).toMatchInlineSnapshot(`
    "Hypercolumn is ready at http://127.0.0.1:8080
      engine  wasm, 2 CPU threads
      models  tiny/1  rf_cnn, 4 neurons
              broken/3  not served: its weights differ
      sets    kept in data
              nothing can be added
      jobs    kept in data/jobs
      streams tcp://127.0.0.1:8081
      open    http://127.0.0.1:8080/ in a browser
              http://127.0.0.1:8080/docs
              http://127.0.0.1:8080/metrics
      read    http://127.0.0.1:8080/guide/
      try     curl -H 'Content-Type: image/png' --data-binary @docs/example.png \\
                http://127.0.0.1:8080/v1/models/tiny/responses
    "
  `);
});

test('the start lines name models that are computed in float32 where the engine has another precision', () => {
  const served = [{ ...tinyModel('tiny', 1), precision: 'int8' as const }, tinyModel('core', 1)];
  const keeping = { sets: { folder: 'data' }, jobs: { folder: 'data/jobs' } };
  const engine = { ...ENGINE, precision: 'int8' as const };
  const catalogue = { served, unusable: [], find };
  const text = announcement({ url: 'http://x' }, engine, catalogue, keeping, HERE);
  expect(text).toContain('tiny/1  rf_cnn, 4 neurons\n');
  expect(text).toContain('core/1  rf_cnn, 4 neurons, in float32\n');
});

test('the start lines name Redis, and what is wrong with PRELOAD', () => {
  const served = [tinyModel('tiny', 1)];
  const catalogue = { served, unusable: [], find };
  const jobs = { folder: 's3://lab/jobs', through: 'redis redis:6379 (cannot be reached now)' };
  const keeping = { sets: { folder: 'data' }, jobs };
  const fault = unknownPreloads(['tiny', 'm0002'], catalogue);
  const text = announcement({ url: 'http://x' }, ENGINE, catalogue, keeping, HERE, fault);
  expect(text).toContain(
    '\n          PRELOAD names an unknown model: m0002; expected tiny\n  sets    kept in data\n' +
      '  jobs    through redis redis:6379 (cannot be reached now), kept in s3://lab/jobs\n',
  );
  expect(unknownPreloads(['tiny'], catalogue)).toBeUndefined();
  expect(unknownPreloads('none', catalogue)).toBeUndefined();
});

test('the start lines list twenty of many models', () => {
  const served = Array.from({ length: 22 }, (_, i) => tinyModel('tiny', i + 1));
  const keeping = { sets: { folder: 'data' }, jobs: { folder: 'data/jobs' } };
  const text = announcement(
    { url: 'http://x' },
    ENGINE,
    { served, unusable: [], find },
    keeping,
    HERE,
  );
  expect(text).toContain('tiny/20  rf_cnn');
  expect(text).not.toContain('tiny/21');
  expect(text).toContain('\n          and 2 more: http://x/v1/models\n');
});

test('the start lines say when there is no model', () => {
  const text = announcement(
    { url: 'http://[::1]:80' },
    ENGINE,
    { served: [], unusable: [], find },
    {
      sets: { unusable: 'DATA_DIR cannot be used' },
      jobs: { unusable: 'another service has them' },
    },
    { image: 'image.png', hasGuide: false },
  );
  expect(text).toMatchInlineSnapshot(`
    "Hypercolumn is ready at http://[::1]:80
      engine  wasm, 2 CPU threads
      models  none: train one (see README.md) or name another MODELS_DIR, then start again
      sets    none: DATA_DIR cannot be used
      jobs    none: another service has them
      open    http://[::1]:80/ in a browser
              http://[::1]:80/docs
              http://[::1]:80/metrics
      read    README.md, docs/requests.md
      try     curl -H 'Content-Type: image/png' --data-binary @image.png \\
                http://[::1]:80/v1/models/{model}/responses
    "
  `);
});

test('each step of the start is logged with its result and its duration', () => {
  expect(stepLine('loading models', '1', 949)).toBe('loading models ... 1, 0.9 s\n');
});
