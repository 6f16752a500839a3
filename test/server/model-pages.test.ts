import fc from 'fast-check';
import { expect, test } from 'vitest';
import { createTestApp } from '../support/app.js';
import { tinyModel } from '../support/cards.js';

interface Page {
  readonly models: { readonly name: string; readonly versions: { readonly version: number }[] }[];
  readonly total?: number;
  readonly next?: string;
  readonly detail?: string;
}

function open(names: readonly string[]) {
  const served = names.toSorted().flatMap((name) => [tinyModel(name, 1), tinyModel(name, 2)]);
  const unusable = [{ name: 'broken', version: 1, reason: 'no card' }];
  const { app } = createTestApp({ served, unusable });
  return async (query: string) => {
    const answer = await app.request(`/v1/models${query}`);
    const page = (await answer.json()) as Page;
    const listed = page.models?.map(({ name }) => name);
    return { status: answer.status, link: answer.headers.get('Link'), listed, ...page };
  };
}

test('without parameters the answer has all models, and nothing of pages', async () => {
  const get = open(['b', 'a', 'c']);
  const { listed, total, next, link } = await get('');
  expect([listed, total, next, link]).toEqual([
    ['a', 'b', 'c', 'broken'],
    undefined,
    undefined,
    null,
  ]);
});

test('pages of any size together have each model once, in order', async () => {
  const name = fc.stringMatching(/^[A-Za-z0-9][A-Za-z0-9._-]{0,4}$/);
  await fc.assert(
    fc.asyncProperty(
      fc.uniqueArray(name, { maxLength: 12 }),
      fc.integer({ min: 1, max: 14 }),
      async (names, limit) => {
        const get = open(names);
        const all = [...new Set([...names, 'broken'])].toSorted();
        const seen: string[] = [];
        let query = `?limit=${limit}`;
        for (;;) {
          const { listed, total, next, link } = await get(query);
          expect(total).toBe(all.length);
          seen.push(...listed);
          if (next === undefined) {
            expect(link).toBeNull();
            break;
          }
          expect(listed).toHaveLength(limit);
          expect(link).toBe(`</v1/models?limit=${limit}&cursor=${next}>; rel="next"`);
          query = `?limit=${limit}&cursor=${next}`;
        }
        expect(seen).toEqual(all);
      },
    ),
    { numRuns: 30 },
  );
});

test('a page begins after a model that is gone', async () => {
  const get = open(['a', 'c', 'd']);
  expect((await get('?cursor=b&limit=1')).listed).toEqual(['broken']);
  expect((await get('?cursor=broken')).listed).toEqual(['c', 'd']);
  expect((await get('?cursor=zzz')).listed).toEqual([]);
});

test('a search finds parts of the name, the site and the architecture, in any case', async () => {
  const get = open(['Tang-V1', 'tang-mt', 'other']);
  expect((await get('?search=TANG')).listed).toEqual(['Tang-V1', 'tang-mt']);
  expect((await get('?search=rf_cnn')).listed).toEqual(['Tang-V1', 'other', 'tang-mt']);
  // the site of the tiny card is `none`
  expect(await get('?search=NON&limit=2')).toMatchObject({ total: 3, next: 'other' });
  expect((await get('?search=brok')).listed).toEqual(['broken']);
  expect((await get('?search=nothing')).listed).toEqual([]);
  expect((await get('?search=a%26b&limit=1')).listed).toEqual([]);
});

test.each([
  ['?limit=0', "query parameter 'limit'"],
  ['?limit=1001', "query parameter 'limit'"],
  ['?limit=x', "query parameter 'limit'"],
  ['?cursor=../x', "query parameter 'cursor'"],
  ['?search=', "query parameter 'search'"],
  ['?page=2', "query parameter 'page' is not known; expected one of limit, cursor, search"],
])('%s is rejected', async (query, detail) => {
  const answer = await open(['a'])(query);
  expect(answer.status).toBe(400);
  expect(answer.detail).toContain(detail);
});

test('the message about an unknown model names a few of many', async () => {
  const names = Array.from({ length: 30 }, (_, i) => `m${String(i).padStart(2, '0')}`);
  const { app } = createTestApp({ served: names.map((name) => tinyModel(name, 1)), unusable: [] });
  const answer = (await (await app.request('/v1/models/x')).json()) as Page;
  expect(answer.detail).toBe(
    `unknown model: 'x'; expected one of ${names.slice(0, 20).join(', ')} and 10 more, which ` +
      'GET /v1/models lists',
  );
});
