import { execFile } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect } from 'vitest';
import { inferenceClients, testWith } from '../../support/capabilities.js';
import { breakCard } from '../../support/card-folders.js';
import { SMALLEST_SIDE, saveConstantModel } from '../../support/saved-models.js';
import { type RunningService, startService } from '../../support/service.js';

const CLIENTS = inferenceClients();
const testWithClients = testWith(CLIENTS);
const SIDE = SMALLEST_SIDE;
/** The responses of the model to each stimulus. */
const ANSWER = [1, 2, 3, 4];
const THREE = [ANSWER, ANSWER, ANSWER];

let models = '';
let service: RunningService;
beforeAll(async () => {
  if (CLIENTS.missing !== null) return;
  models = await mkdtemp(path.join(tmpdir(), 'hypercolumn-clients-'));
  await saveConstantModel(models, 'constant');
  await breakCard(models, 'broken', 1);
  service = await startService({ MODELS_DIR: models, GRACE_SECONDS: '0' });
});
afterAll(async () => {
  if (CLIENTS.missing !== null) return;
  service.child.kill('SIGKILL');
  await rm(models, { recursive: true });
});

async function runInPython(script: string, address: string): Promise<Record<string, unknown>> {
  const file = fileURLToPath(new URL(script, import.meta.url));
  const { stdout } = await promisify(execFile)(CLIENTS.python, [file, address, String(SIDE)]);
  return JSON.parse(stdout) as Record<string, unknown>;
}

testWithClients('tritonclient: all that it can ask', async () => {
  const results = await runInPython('./triton_client.py', service.url.replace('http://', ''));
  const { rejected, statistics, ...answered } = results;
  const input = { name: 'stimulus', datatype: 'FP32', shape: [-1, SIDE, SIDE] };
  const ids = { name: 'neurons', datatype: 'INT32', shape: [-1] };
  expect(answered).toEqual({
    live: true,
    ready: true,
    'model ready': true,
    'version ready': true,
    'other ready': false,
    server: 'hypercolumn',
    metadata: {
      name: 'constant',
      versions: ['1'],
      platform: 'hypercolumn_wasm',
      inputs: [input, ids],
      outputs: [{ name: 'responses', datatype: 'FP32', shape: [-1, 4] }],
    },
    config: [
      { name: 'stimulus', data_type: 'TYPE_FP32', dims: [-1, SIDE, SIDE], optional: false },
      { name: 'neurons', data_type: 'TYPE_INT32', dims: [-1], optional: true },
    ],
    index: [
      { name: 'constant', version: '1', state: 'READY', reason: '' },
      { name: 'broken', version: '1', state: 'UNAVAILABLE', reason: 'card.json is not JSON' },
    ],
    binary: THREE,
    json: THREE,
    bytes: THREE,
    version: {
      model_name: 'constant',
      model_version: '1',
      id: 'trial',
      outputs: [
        {
          name: 'responses',
          datatype: 'FP32',
          shape: [3, 4],
          parameters: { binary_data_size: 48 },
        },
      ],
    },
    neurons: [
      [4, 2],
      [4, 2],
      [4, 2],
    ],
    patient: THREE,
    headers: THREE,
    gzip: [[300, 4], ANSWER],
    deflate: [[300, 4], ANSWER],
    async: Array(12).fill(THREE),
    unloaded: [
      false,
      { name: 'constant', version: '1', state: 'UNAVAILABLE', reason: 'unloaded' },
      ['503', 'constant/1 is not served: unloaded'],
    ],
    loaded: [true, THREE],
  });
  expect(statistics).toMatchObject({ inference_count: 3 * 19 + 600, version: '1' });
  expect(rejected).toMatchInlineSnapshot(`
    {
      "classification": [
        "422",
        "outputs[0].parameters: unknown key: "classification"; expected binary_data",
      ],
      "configuration": [
        "422",
        "parameters: unknown key: "config"; expected no keys",
      ],
      "datatype": [
        "422",
        "inputs[0].datatype: 'stimulus' is FP32 (0..1) or UINT8 (0..255)",
      ],
      "files": [
        "422",
        "parameters: unknown keys: "config", "file:1/card.json"; expected no keys",
      ],
      "late": [
        "503",
        "the deadline passed before the responses were there",
      ],
      "load of a broken one": [
        "422",
        "broken/1 is not served: card.json is not JSON; none answers",
      ],
      "load of no model": [
        "404",
        "unknown model: 'other'; expected one of constant, broken",
      ],
      "log settings": [
        "404",
        "no such path; expected one of those that GET / lists",
      ],
      "model": [
        "404",
        "unknown model: 'other'; expected one of constant, broken",
      ],
      "name": [
        "422",
        "inputs[0].name: 'image' is not known; expected stimulus or neurons",
      ],
      "own parameter": [
        "422",
        "parameters: unknown key: "rig"; expected one of binary_data_output, timeout, priority",
      ],
      "sequence": [
        "422",
        "parameters: unknown keys: "sequence_id", "sequence_start", "sequence_end"; expected one of binary_data_output, timeout, priority",
      ],
      "shape": [
        "422",
        "inputs[0].shape: is [3,15,16]; 'stimulus' is [n, 16, 16]",
      ],
      "shared memory": [
        "422",
        "inputs[0].parameters: unknown keys: "shared_memory_region", "shared_memory_byte_size"; expected one of binary_data_size, content_type",
      ],
      "shared memory status": [
        "404",
        "no such path; expected one of those that GET / lists",
      ],
      "trace settings": [
        "404",
        "no such path; expected one of those that GET / lists",
      ],
      "version": [
        "404",
        "unknown version of constant: 9; expected one of 1",
      ],
    }
  `);
});

testWithClients("KServe's REST client: health, readiness, inference, errors", async () => {
  expect(await runInPython('./kserve_client.py', service.url)).toEqual({
    live: true,
    ready: true,
    'model ready': true,
    'other ready': false,
    binary: ['trial', THREE],
    json: ['trial', THREE],
    dictionary: [null, [ANSWER]],
    rejected: {
      shape: [
        422,
        `inputs[0].shape: is [3,${SIDE - 1},${SIDE}]; 'stimulus' is [n, ${SIDE}, ${SIDE}]`,
      ],
      model: [404, "unknown model: 'other'; expected one of constant, broken"],
    },
  });
});
