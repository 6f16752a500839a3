import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { readFile, rename, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { beforeEach, expect, test } from 'vitest';
import { childrenOf } from '../support/processes.js';
import { saveConstantModel } from '../support/saved-models.js';
import { temporaryFolder } from '../support/store.js';
import { requestResponses, startTestService } from '../support/test-service.js';

const MAIN = fileURLToPath(new URL('../../dist/src/main.js', import.meta.url));
/** Processes on a busy machine need long. */
const PATIENCE = { timeout: 20_000 };

let models = '';

beforeEach(async () => {
  models = await temporaryFolder();
  await saveConstantModel(models, 'v1');
});

const start = () => startTestService({ MODELS_DIR: models });

async function send(url: string) {
  const answer = await requestResponses(url, 'v1');
  const { model, responses } = (await answer.json()) as {
    model: { version: number };
    responses: number[][];
  };
  return { status: answer.status, version: model?.version, responses };
}

async function versions(url: string) {
  const { models } = (await (await fetch(`${url}/v1/models`)).json()) as {
    models: { versions: { version: number; ready: boolean; reason?: string }[] }[];
  };
  return models[0]?.versions.map(({ version, ready, reason }) => ({ version, ready, reason }));
}

test('on SIGHUP a new version answers, and a killed engine restarts with it', async () => {
  const { url, child, children } = await start();
  expect(await send(url)).toEqual({ status: 200, version: 1, responses: [[1, 2, 3, 4]] });
  await saveConstantModel(models, 'v1');
  child.kill('SIGHUP');
  await expect.poll(async () => (await send(url)).version, PATIENCE).toBe(2);
  const metrics = await (await fetch(`${url}/metrics`)).text();
  expect(metrics).toContain('hypercolumn_model_ready{model="v1",version="2"} 1\n');
  await rm(path.join(models, 'v1', '1'), { recursive: true });
  child.kill('SIGHUP');
  await expect
    .poll(() => versions(url), PATIENCE)
    .toEqual([{ version: 2, ready: true, reason: undefined }]);
  const [engine] = children();
  process.kill(engine!, 'SIGKILL');
  await expect.poll(() => children().some((id) => id !== engine), PATIENCE).toBe(true);
  expect(await send(url)).toEqual({ status: 200, version: 2, responses: [[1, 2, 3, 4]] });
});

test('a new version with wrong golden responses is reported, and the old one still answers', async () => {
  const { url, child } = await start();
  await saveConstantModel(models, 'v1');
  const card = path.join(models, 'v1', '2', 'card.json');
  const changed = JSON.parse(await readFile(card, 'utf8')) as { golden: { responses: number[][] } };
  changed.golden.responses[0]![2]! += 0.5;
  await writeFile(card, JSON.stringify(changed));
  child.kill('SIGHUP');
  const reason =
    'this engine does not reproduce the responses stored in the card: neuron 2 answers 3 instead of 3.5';
  await expect
    .poll(() => versions(url))
    .toEqual([
      { version: 1, ready: true, reason: undefined },
      { version: 2, ready: false, reason },
    ]);
  expect(await send(url)).toEqual({ status: 200, version: 1, responses: [[1, 2, 3, 4]] });
});

test('every request is answered while the service reloads repeatedly under load', async () => {
  const { url, child, stderr } = await start();
  await saveConstantModel(models, 'v1');
  const second = path.join(models, 'v1', '2');
  const aside = path.join(models, '.aside');
  let reloads = 0;
  const seen = new Set<string>();
  const load = Array.from({ length: 4 }, async () => {
    while (reloads < 10) {
      const { status, version, responses } = await send(url);
      seen.add(`${status} ${version} ${responses}`);
    }
  });
  while (reloads < 10) {
    if (reloads > 0) await (reloads % 2 === 1 ? rename(second, aside) : rename(aside, second));
    child.kill('SIGHUP');
    await expect
      .poll(() => stderr().split('"msg":"reloaded"').length - 1, PATIENCE)
      .toBe(reloads + 1);
    reloads += 1;
  }
  await Promise.all(load);
  expect([...seen].toSorted()).toEqual(['200 1 1,2,3,4', '200 2 1,2,3,4']);
});

test('the service ends when its terminal is closed', async () => {
  const { PATH = '' } = process.env;
  const env = { PATH, PORT: '0', ENGINE: 'wasm', MODELS_DIR: models, LOG_LEVEL: 'silent' };
  const terminal = spawn('script', ['-qec', `exec ${process.execPath} ${MAIN}`, '/dev/null'], {
    env,
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  const url = await new Promise<string>((resolve) => {
    let text = '';
    terminal.stdout.on('data', (data: Buffer) => {
      text += data.toString();
      const ready = /ready at (\S+)/.exec(text)?.[1];
      if (ready) resolve(ready);
    });
  });
  const [inTerminal] = childrenOf(terminal.pid!);
  terminal.kill('SIGKILL');
  await once(terminal, 'close');
  try {
    const answer = () => fetch(`${url}/livez`).catch(() => 'gone');
    await expect.poll(answer, PATIENCE).toBe('gone');
  } finally {
    if (existsSync(`/proc/${inTerminal}`)) process.kill(inTerminal!, 'SIGKILL');
  }
});
