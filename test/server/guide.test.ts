import { expect, test } from 'vitest';
import { createTestApp } from '../support/app.js';
import { temporaryFolder } from '../support/store.js';

const BROWSER = { headers: { Accept: 'text/html,application/xhtml+xml,*/*;q=0.8' } };

test('the guide begins at /guide/, which /guide leads to, relative to wherever the service is', async () => {
  const { app } = createTestApp();
  const answer = await app.request('/guide');
  expect([answer.status, answer.headers.get('Location')]).toEqual([302, 'guide/']);
  const home = await app.request('/guide/');
  expect(await home.text()).toContain('<title>The guide</title>');
  expect(home.headers.get('Content-Type')).toBe('text/html; charset=utf-8');
  expect(home.headers.get('Cache-Control')).toBe('no-cache');
});

test('a page may load scripts and send requests to the service alone', async () => {
  const { app } = createTestApp();
  for (const path of ['/guide/', '/guide/jobs.html']) {
    const policy = (await app.request(path)).headers.get('Content-Security-Policy');
    expect(policy?.split('; ')).toEqual(
      expect.arrayContaining(["default-src 'none'", "script-src 'self'", "connect-src 'self'"]),
    );
  }
});

test.each(['/guide/assets/main.js', '/guide/assets/chunks/main.js'])(
  'clients keep %s, and get it compressed where they can read that',
  async (path) => {
    const { app } = createTestApp();
    const plain = await app.request(path);
    expect(plain.headers.get('Cache-Control')).toBe('public, max-age=31536000, immutable');
    expect(plain.headers.get('Content-Type')).toBe('text/javascript; charset=utf-8');
    expect(await plain.text()).toBe('plain\n');
    const compressed = await app.request(path, { headers: { 'Accept-Encoding': 'gzip, br' } });
    expect(compressed.headers.get('Content-Encoding')).toBe('br');
    expect(await compressed.text()).toBe('in brotli');
    const head = await app.request(path, { method: 'HEAD' });
    expect([head.status, await head.text()]).toEqual([200, '']);
    expect(head.headers.get('Content-Length')).toBe('6');
  },
);

test('an unknown page is a page for browsers, and a problem for other clients', async () => {
  const { app } = createTestApp();
  const page = await app.request('/guide/nothing.html', BROWSER);
  expect([page.status, page.headers.get('Content-Type')]).toEqual([
    404,
    'text/html; charset=utf-8',
  ]);
  expect(await page.text()).toContain('No such page');
  const problem = await app.request('/guide/nothing.html');
  expect(problem.status).toBe(404);
  expect(await problem.json()).toMatchObject({
    detail: expect.stringContaining('it begins at /guide/'),
  });
});

test('a guide that is not built says what builds it', async () => {
  const { app } = createTestApp({ guideFolder: await temporaryFolder() });
  const problem = await app.request('/guide/');
  expect(problem.status).toBe(404);
  expect(await problem.json()).toMatchObject({
    detail: expect.stringMatching(/^the guide is not built: npm run build makes it/),
  });
  const page = await app.request('/guide/', BROWSER);
  expect([page.status, page.headers.get('Content-Type')]).toEqual([
    404,
    'text/html; charset=UTF-8',
  ]);
  expect(await page.text()).toContain('<code>npm run build</code> makes it');
});

test.each([
  '/guide/..%2findex.html',
  '/guide/..%2fpage%2findex.html',
  '/guide/assets/..%2findex.html',
  '/guide/assets/%2e%2e%2f%2e%2e%2fpage%2findex.html',
  '/guide/assets/.hidden',
  '/guide/assets',
  '/guide/assets/chunks',
  '/guide/assets/a/b.js',
  '/guide/%00',
])('no address reaches a file outside the guide: %s', async (path) => {
  const { app } = createTestApp();
  expect((await app.request(path)).status).toBe(404);
});

test('a service without the built guide says how to build it', async () => {
  const { app } = createTestApp({ guideFolder: '/nowhere' });
  for (const path of ['/guide/jobs.html', '/guide/assets/main.js']) {
    const answer = await app.request(path, BROWSER);
    expect(answer.status).toBe(404);
    expect(await answer.json()).toMatchObject({
      detail: expect.stringContaining('npm run build makes it'),
    });
  }
});

test('other methods are rejected', async () => {
  const { app } = createTestApp();
  const answer = await app.request('/guide/jobs.html', { method: 'POST' });
  expect([answer.status, answer.headers.get('Allow')]).toEqual([405, 'GET, HEAD']);
});
