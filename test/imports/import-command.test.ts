import { execFile } from 'node:child_process';
import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { expect, test } from 'vitest';
import { writeNetwork } from '../support/networks.js';
import { sharedFolder } from '../support/store.js';

const COMMAND = fileURLToPath(new URL('../../dist/src/cli/hypercolumn.js', import.meta.url));
const folder = sharedFolder();

/** Runs the command in the folder. @returns what it writes to stdout and stderr */
async function run(args: string): Promise<{ stdout: string; stderr: string }> {
  const words = [COMMAND, 'import', ...args.split(' ')];
  return await promisify(execFile)(process.execPath, words, { cwd: folder });
}

test('an .onnx file is imported with its card, whose errors are named', async () => {
  const [file, card] = ['net.onnx', 'card.json'].map((name) => path.join(folder, name));
  await writeNetwork(file!);
  await writeFile(card!, JSON.stringify({ source: 'a test', license: 'CC0', unit: 'spikes/s' }));
  const args = '--onnx net.onnx --card card.json --out models/net';
  const { stdout, stderr } = await run(args);
  expect(stderr).toBe(
    '2 neurons, images of 4x6, opset 17, 0.0000520 M parameters, 0.0000480 M multiply-adds an image\n',
  );
  expect(stdout).toMatch(/^saved models\/net\/1, digest [0-9a-f]{64}\n$/);

  await writeFile(card!, JSON.stringify({ source: 'a test', licence: 'CC0' }));
  await expect(run(args)).rejects.toThrow(
    'error: --card card.json: license: is missing; expected a text; the card: unknown key: "licence"; did you mean "license"?',
  );
  await writeFile(card!, JSON.stringify({ source: 'a test', license: 'CC0' }));
  const typo = args.replace('net.onnx', 'nets.onnx');
  await expect(run(typo)).rejects.toThrow(
    'error: --onnx nets.onnx: nets.onnx cannot be read: is it there?',
  );
  await expect(run(args.replace('card.json', 'cards.json'))).rejects.toThrow(
    'error: --card cards.json: cards.json cannot be read: is it there?',
  );
  await expect(run(`${args} --gradient net.onnx`)).rejects.toThrow(
    'error: --onnx net.onnx --gradient net.onnx: wrong inputs or outputs of the gradient; expected',
  );
  await writeFile(file!, 'not a network');
  await expect(run(args)).rejects.toThrow('error: --onnx net.onnx: it is not an .onnx file');
});
