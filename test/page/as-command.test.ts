import { expect, test } from 'vitest';
import { asCurl, asPython } from '../../src/page/service/as-command.js';

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

test('a form, with curl and in Python', () => {
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
