import { execFile, spawnSync } from 'node:child_process';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { promisify } from 'node:util';
import { expect, test } from 'vitest';
import { asCurl, asPython } from '../../src/web/service/as-command.js';
import { commonProgram, testWith } from '../support/capabilities.js';

const BODY = {
  stimuli: [{ grating: { orientation: 45, contrast: null } }],
  note: 'it\'s "quoted" \\',
};
const REQUEST = {
  method: 'POST',
  url: 'http://127.0.0.1:1/v1/models/demo/responses?neurons=1%2C2',
  headers: { 'content-type': 'application/json', accept: 'application/x-npy' },
  body: { json: JSON.stringify(BODY) },
};

testWith(commonProgram('curl'))('the curl command asks the same, byte for byte', async () => {
  const asked: { method?: string; url?: string; type?: string; body: string }[] = [];
  const server = createServer((request, response) => {
    void text(request).then((body) => {
      const { method, url, headers } = request;
      asked.push({ method: method!, url: url!, type: headers['content-type']!, body });
      response.end();
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  const request = { ...REQUEST, headers: { 'content-type': 'application/json' } };
  const command = asCurl({ ...request, url: request.url.replace(':1/', `:${port}/`) }, false);
  await promisify(execFile)('bash', ['-c', command]);
  server.close();
  expect(asked).toEqual([
    {
      method: 'POST',
      url: '/v1/models/demo/responses?neurons=1%2C2',
      type: 'application/json',
      body: JSON.stringify(BODY),
    },
  ]);
});

testWith(commonProgram('python3'))('the Python is Python, and holds the same body', () => {
  const program = [
    'import ast, json, sys',
    'tree = ast.parse(sys.stdin.read())',
    'call = next(node for node in ast.walk(tree) if isinstance(node, ast.Call) and node.keywords)',
    "print(json.dumps(ast.literal_eval(next(k.value for k in call.keywords if k.arg == 'json'))))",
  ].join('\n');
  const { stdout, stderr } = spawnSync('python3', ['-c', program], {
    input: asPython(REQUEST, true),
    encoding: 'utf8',
  });
  expect(stderr).toBe('');
  expect(JSON.parse(stdout)).toEqual(BODY);
});

test('a key is named and never written out', () => {
  expect(asCurl(REQUEST, true)).toContain('Authorization: Bearer $KEY');
  expect(asPython(REQUEST, true)).toContain("'authorization': 'Bearer ...'");
  expect(asCurl(REQUEST, false)).not.toContain('Authorization');
});

const FORM = {
  method: 'POST',
  url: 'http://rig/v1/models/demo/tuning/rank',
  headers: {},
  body: {
    form: [
      { name: 'stimulusSet', text: 'e880' },
      { name: 'responses', file: "Ann's.npy" },
    ],
  },
} as const;

test('a form becomes a curl command and Python code', () => {
  expect(asCurl(FORM, false)).toMatchInlineSnapshot(`
    "curl -s -F 'stimulusSet=e880' \\
      -F 'responses=@Ann'\\''s.npy' \\
      'http://rig/v1/models/demo/tuning/rank'"
  `);
  expect(asPython(FORM, true)).toMatchInlineSnapshot(`
    "import requests

    answer = requests.request(
        'POST', 'http://rig/v1/models/demo/tuning/rank',
        headers={'authorization': 'Bearer ...'},
        files=[('stimulusSet', (None, 'e880')), ('responses', open('Ann\\'s.npy', 'rb'))],
    )
    answer.raise_for_status()
    numbers = answer.json()"
  `);
});
