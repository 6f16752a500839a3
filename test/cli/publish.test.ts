import { spawn } from 'node:child_process';
import { once } from 'node:events';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test as testAnywhere } from 'vitest';
import { createS3Objects } from '../../src/objects/s3-objects.js';
import { moto, testWith } from '../support/capabilities.js';
import { s3ForTests, startFaultyS3 } from '../support/s3.js';

const test = testWith(moto());
const openS3 = s3ForTests();
const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const PROGRAM = path.join(ROOT, 'dist/src/cli/hypercolumn.js');
const MODEL = path.join(ROOT, 'models/demo');

function start(words: readonly string[], environment: Record<string, string>) {
  const { PATH = '' } = process.env;
  const child = spawn(process.execPath, [PROGRAM, ...words], { env: { PATH, ...environment } });
  let output = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.on('data', (text: Buffer) => {
      output += text.toString();
    });
  }
  const ended = once(child, 'close').then(([code]) => ({ code: code as number | null, output }));
  return { child, ended };
}

test('a publication that is killed is not seen, and is completed by the next one', async () => {
  const s3 = await openS3();
  const proxy = await startFaultyS3(s3);
  const place = `${s3.place}/models`;
  const objects = createS3Objects({ ...s3, place, setting: '' });
  const keys = async () => {
    const found: string[] = [];
    for await (const { key } of objects.list()) found.push(key);
    return found.toSorted();
  };
  const publish = () =>
    start(['publish', MODEL, place], { ...s3.environment, AWS_ENDPOINT_URL: proxy.endpoint });
  const isCard = (method?: string, url = '') => method === 'PUT' && url.includes('card.json');
  // The card is never answered.
  proxy.fault = ({ method, url }) => isCard(method, url);
  const killed = publish();
  await expect.poll(() => proxy.requests.some((each) => isCard(...split(each)))).toBe(true);
  killed.child.kill('SIGKILL');
  await killed.ended;
  expect(await keys()).toEqual(['demo/1/weights.safetensors']);
  proxy.fault = undefined;
  const before = proxy.requests.length;
  const { code, output } = await publish().ended;
  expect(output).toMatch(/^published demo\/1 to s3:\S+\/models, digest 5cba6e11\w+$/m);
  expect(code).toBe(0);
  expect(await keys()).toEqual(['demo/1/card.json', 'demo/1/weights.safetensors']);
  const written = proxy.requests.slice(before).filter((each) => each.startsWith('PUT'));
  expect(written).toHaveLength(1);
});

function split(request: string): [string, string] {
  const [method = '', url = ''] = request.split(' ');
  return [method, url];
}

testAnywhere('S3 that is away ends the command with exit code 4 and the reason', async () => {
  const environment = {
    AWS_ENDPOINT_URL: 'http://127.0.0.1:1',
    AWS_ACCESS_KEY_ID: 'x',
    AWS_SECRET_ACCESS_KEY: 'x',
  };
  const { code, output } = await start(['publish', MODEL, 's3://lab/models'], environment).ended;
  expect(output).toContain(
    'error: demo/1 is not published: the storage of s3://lab/models cannot be reached (ECONNREFUSED)\n',
  );
  expect(code).toBe(4);
});

testAnywhere.each([
  ['publish', 's3://lab/models/demo', 's3://lab/other'],
  ['publish', MODEL, 's3://No Bucket'],
  ['respond', '--model', 's3://lab/models/demo', '--stimuli', 'x.png', '--out', 'x.csv'],
  ['evaluate', '--model', 's3://lab/models/demo', '--data', 'x'],
  ['train', '--data', 'x', '--site', 'x', '--out', 's3://lab/models/demo'],
  ['status', 's3://lab/models/demo'],
])('%s %s %s is rejected with what is expected', async (...words) => {
  const { code, output } = await start(words, {}).ended;
  expect(output).toMatch(
    /takes no place in S3: s3:\/\/lab\/models\/demo; expected a place on this machine|not a place in S3: s3:\/\/No Bucket; expected s3:\/\/bucket/,
  );
  expect(code).toBe(2);
});

testAnywhere.each([
  ['s3:/lab/models', 's3://lab/models'],
  ['S3://lab/models', 's3://lab/models'],
  ['gs://lab/models', 's3://lab/models'],
])('a place %s is rejected, with %s in its place', async (place, right) => {
  const message = `is neither a folder nor a place in S3; expected ${right}\n`;
  const published = await start(['publish', MODEL, place], {}).ended;
  expect(published).toEqual({ code: 2, output: `error: ${place} ${message}` });
  const redis = { REDIS_URL: 'redis://127.0.0.1:1' };
  const worker = await start(['worker'], { ...redis, MODELS_DIR: place }).ended;
  expect(worker).toEqual({ code: 2, output: `error: MODELS_DIR="${place}" ${message}` });
  const data = await start(['worker'], { ...redis, DATA_DIR: place }).ended;
  expect(data.code).toBe(2);
  expect(data.output).toContain(`DATA_DIR="${place}`);
  expect(data.output).toContain(`expected ${right}`);
});
