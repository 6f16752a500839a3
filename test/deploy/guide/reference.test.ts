import { expect, test } from 'vitest';
import type { z } from 'zod';
import { BODIES, curlExample } from '../../../deploy/guide/reference/curl.js';
import { OpenapiDocument } from '../../../deploy/guide/reference/document.js';
import { referencePages } from '../../../deploy/guide/reference/pages.js';
import { schemaTable, typeText } from '../../../deploy/guide/reference/schema-table.js';
import { createRoutes } from '../../../src/server/app.js';
import { openapiDocument } from '../../../src/server/openapi/document.js';
import type { Route } from '../../../src/server/route.js';
import type { AppDependencies } from '../../../src/server/service.js';

const routes: readonly Route[] = createRoutes({} as AppDependencies);
const document = OpenapiDocument.parse(openapiDocument(routes));
const pages = referencePages(document);
const reference = [...pages.values()].join('\n');

test.each(Object.entries(BODIES))(
  'the example of %s is a body that its route takes',
  (id, body) => {
    const schema = routes.find((route) => route.id === id)?.body?.content['application/json'];
    expect(schema).toBeDefined();
    expect((schema as z.ZodType).safeParse(body).error?.issues).toBeUndefined();
  },
);

test('each operation has a section with an example, and is in the list of all', () => {
  for (const [path, item] of Object.entries(document.paths)) {
    if (path.includes('/versions/')) continue;
    for (const [method, operation] of Object.entries(item)) {
      const name = `${method.toUpperCase()} ${path}`;
      expect(reference).toContain(`\`\`\`http\n${name}\n\`\`\``);
      expect(reference).toContain(curlExample(method, path, operation));
      expect(pages.get('api.md')).toContain(`| [\`${name}\`](`);
    }
  }
});

test('an example names the demo model, and sends its body', () => {
  const tuning = document.paths['/v1/models/{model}/tuning/parametric']!['post']!;
  expect(curlExample('post', '/v1/models/{model}/tuning/parametric', tuning)).toBe(
    "curl -s -X POST 'http://127.0.0.1:8080/v1/models/demo/tuning/parametric' \\\n" +
      `  -H 'Content-Type: application/json' -d '{"parameter":"orientation","neurons":[0]}'`,
  );
});

test('a table has each field of a schema with its type, its range and its meaning', () => {
  const schema = {
    type: 'object',
    required: ['seed'],
    properties: {
      seed: { type: 'integer', minimum: 1, maximum: 9, description: 'of the noise, {0 | 1}' },
      members: {
        type: 'array',
        items: { type: 'object', properties: { card: { $ref: '#/components/schemas/Card' } } },
      },
      unit: { enum: ['degrees', 'pixels'], default: 'pixels' },
    },
  };
  expect(schemaTable(schema).split('\n').slice(2)).toEqual([
    '| `seed` | integer from 1 to 9 | of the noise, &#123;0 \\| 1&#125; |',
    '| `members` | array of object, optional |  |',
    '| `members[].card` | [Card](./api-schemas.md#card), optional |  |',
    '| `unit` | `"degrees"`, `"pixels"`, optional | `"pixels"` by default |',
  ]);
  expect(typeText({ anyOf: [{ type: 'number' }, { type: 'null' }] })).toBe('number or null');
});
