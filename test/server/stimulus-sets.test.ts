import { readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import sharp from 'sharp';
import { expect, test } from 'vitest';
import { decodeNpy, encodeNpy } from '../../src/formats/npy.js';
import { createTestApp } from '../support/app.js';
import {
  createStoringApp,
  DIGEST,
  DIGESTS,
  detailOf,
  LEVELS,
  MODEL,
  NPY,
  PIXELS,
  put,
  SETS,
  send,
} from '../support/stored-sets.js';

test('a set is stored once under the digest of its stimuli', async () => {
  const { app } = await createStoringApp();
  const first = await put(app);
  expect(first.status).toBe(201);
  expect(first.headers.get('Location')).toBe(`${SETS}/${DIGEST}`);
  const reported = { digest: DIGEST, count: 4, height: 3, width: 2, channels: 1, element: 'uint8' };
  const reports = DIGESTS.map((digest) => ({ digest, warnings: [] }));
  expect(await first.json()).toMatchObject({ ...reported, stimuli: reports });
  const again = await put(app, new Uint8Array(NPY));
  expect([again.status, again.headers.get('Location')]).toEqual([200, `${SETS}/${DIGEST}`]);
  const list = (await (await app.request(SETS)).json()) as { bytes: number };
  expect(list).toEqual({
    stimulusSets: [{ ...reported, bytes: NPY.length, storedAt: expect.stringMatching(/^20.*Z$/) }],
    bytes: NPY.length,
    capacity: 2 ** 20,
  });
});

test('the same pixels in any format are the same set', async () => {
  const { app } = await createStoringApp();
  const form = new FormData();
  const json = { stimuli: [] as unknown[] };
  for (const level of LEVELS) {
    const raw = { width: 2, height: 3, channels: 1 } as const;
    const png = await sharp(new Uint8Array(6).fill(level), { raw }).png().toBuffer();
    form.append('stimuli', new File([new Uint8Array(png)], 'x.png', { type: 'image/png' }));
    json.stimuli.push({ png: png.toString('base64') });
  }
  const raw = new Uint8Array(PIXELS);
  const size = '?height=3&width=2';
  const answers = [
    await put(app, form),
    await put(app, JSON.stringify(json), '', 'application/json'),
    await put(app, raw, `${size}&dtype=uint8`, 'application/octet-stream'),
    await put(
      app,
      new Uint8Array(
        encodeNpy(
          Float32Array.from(PIXELS, (v) => v / 255),
          [4, 3, 2, 1],
        ),
      ),
    ),
  ];
  for (const answer of answers) expect(await answer.json()).toMatchObject({ digest: DIGEST });
  expect(answers.map(({ status }) => status)).toEqual([201, 200, 200, 200]);
});

test('the query of an upload sets the background, size and fit', async () => {
  const { app } = await createStoringApp();
  const rgba = await sharp(Uint8Array.of(0, 0, 0, 0), { raw: { width: 1, height: 1, channels: 4 } })
    .png()
    .toBuffer();
  const bytes = new Uint8Array(rgba);
  const clear = await put(app, bytes, '?background=0.25', 'image/png');
  expect(await clear.json()).toMatchObject({
    stimuli: [{ warnings: ['alpha composed on the background, gray 0.25'] }],
  });
  const resized = await put(app, bytes, '?height=3&width=2&fit=resize', 'image/png');
  expect(await resized.json()).toMatchObject({
    height: 3,
    width: 2,
    stimuli: [
      {
        warnings: [
          'alpha composed on the background, gray 0.5',
          expect.stringMatching(/^resized from 1x1/),
        ],
      },
    ],
  });
  const gratings = JSON.stringify({ stimuli: [{ grating: {} }] });
  expect((await put(app, gratings, '?height=9&width=8', 'application/json')).status).toBe(201);
});

test('invalid uploads are rejected', async () => {
  const { app } = await createStoringApp();
  expect(await detailOf(put(app, ''))).toMatchInlineSnapshot(
    `"400 the body is empty; expected stimuli: check the path of the file that is sent"`,
  );
  expect(await detailOf(put(app, 'x', '?height=3'))).toMatchInlineSnapshot(
    `"422 height and width go together, and fit needs both"`,
  );
  expect(await detailOf(put(app, 'x', '?fit=crop'))).toMatchInlineSnapshot(
    `"422 height and width go together, and fit needs both"`,
  );
  expect(await detailOf(put(app, 'x', '?background=2'))).toMatchInlineSnapshot(
    `"400 query parameter 'background' must be a gray, 0 to 1"`,
  );
  expect(await detailOf(put(app, 'x', '?height=0&width=2'))).toMatchInlineSnapshot(
    `"400 query parameter 'height' must be at least 1"`,
  );
  expect(await detailOf(put(app, 'x', '?model=tiny'))).toMatchInlineSnapshot(
    `"400 query parameter 'model' is not known; expected one of height, width, channels, background, fit, dtype"`,
  );
  expect(await detailOf(put(app, new Uint8Array(NPY), '?height=6&width=2'))).toMatchInlineSnapshot(
    `"422 stimulus 0 is 3 high x 2 wide; the query requests 6 high x 2 wide; add ?fit=resize"`,
  );
  expect(
    await detailOf(put(app, JSON.stringify({ stimulusSet: DIGEST }), '', 'application/json')),
  ).toMatchInlineSnapshot(
    `"422 stimulusSet: no stored set is taken here; send the stimuli themselves"`,
  );
  expect(await (await app.request(SETS)).json()).toMatchObject({ stimulusSets: [] });
});

test('a set is described as JSON, returned as .npy, and gone after it was deleted', async () => {
  const { app } = await createStoringApp();
  await put(app);
  const url = `${SETS}/${DIGEST}`;
  const reported = await app.request(url);
  expect(reported.headers.get('ETag')).toBe(`"${DIGEST}"`);
  expect(await reported.json()).toMatchObject({
    digest: DIGEST,
    count: 4,
    stimuli: DIGESTS.map((digest) => ({ digest })),
  });
  const file = await app.request(url, { headers: { Accept: 'application/x-npy' } });
  expect(file.headers.get('Content-Type')).toBe('application/x-npy');
  const { shape, data } = decodeNpy(new Uint8Array(await file.arrayBuffer()));
  expect([shape, data]).toEqual([[4, 3, 2], PIXELS]);
  expect((await app.request(url, { method: 'DELETE' })).status).toBe(204);
  for (const method of ['GET', 'DELETE']) {
    expect(await detailOf(app.request(url, { method }))).toBe(
      `404 no stimulus set '${DIGEST}' is stored; GET /v1/stimulus-sets lists them`,
    );
  }
  expect(await detailOf(send(app, 'responses', { stimulusSet: DIGEST }))).toBe(
    `422 stimulusSet: no set ${DIGEST} is stored; PUT /v1/stimulus-sets stores one`,
  );
});

test('an invalid digest names no file', async () => {
  const { app, store } = await createStoringApp();
  const outside = path.join(store.folder, 'outside.npy');
  await writeFile(outside, NPY);
  for (const name of ['x', '..%2Foutside', DIGEST.toUpperCase()]) {
    for (const method of ['GET', 'DELETE']) {
      expect((await app.request(`${SETS}/${name}`, { method })).status).toBe(404);
    }
  }
  expect(await readFile(outside)).toEqual(Buffer.from(NPY));
});

test('responses, rank and peak accept a stored set like its stimuli', async () => {
  const { app } = await createStoringApp();
  await put(app);
  for (const route of ['responses?neurons=7,0', 'tuning/rank?k=2', 'tuning/peak']) {
    const sent = await app.request(`${MODEL}/${route}`, {
      method: 'POST',
      body: new Uint8Array(NPY),
    });
    const { id: _, timing: __, ...expected } = (await sent.json()) as Record<string, unknown>;
    const stored = await send(app, route, { stimulusSet: DIGEST });
    expect(await stored.json()).toMatchObject({ ...expected, stimulusSet: DIGEST });
  }
  const chosen = await send(app, 'tuning/peak', { stimulusSet: DIGEST, neurons: [2] });
  expect(await chosen.json()).toMatchObject({ neurons: [{ id: 2 }] });
});

test('a form may contain a stored set and the real responses', async () => {
  const { app } = await createStoringApp();
  await put(app);
  const form = new FormData();
  form.append('stimulusSet', DIGEST);
  const real = encodeNpy(
    Float64Array.from({ length: 16 }, (_, i) => i),
    [4, 4],
  );
  form.append('responses', new File([new Uint8Array(real)], 'real.npy'));
  const rank = await app.request(`${MODEL}/tuning/rank`, { method: 'POST', body: form });
  expect(await rank.json()).toMatchObject({
    orderedBy: 'real',
    stimulusSet: DIGEST,
    neurons: [{ order: [3, 2, 1, 0] }, {}, {}, {}],
  });
  form.append('stimuli', new File([new Uint8Array(NPY)], 'stimuli.npy'));
  const both = app.request(`${MODEL}/tuning/rank`, { method: 'POST', body: form });
  expect(await detailOf(both)).toMatchInlineSnapshot(
    `"422 stimulusSet: a stored set and files are both sent; expected one of them"`,
  );
});

test('a set of another size than that of the model is rejected unless fit is given', async () => {
  const { app } = await createStoringApp();
  const stored = await put(app, new Uint8Array(encodeNpy(new Uint8Array(60).fill(51), [2, 6, 5])));
  const { digest } = (await stored.json()) as { digest: string };
  expect(await detailOf(send(app, 'responses', { stimulusSet: digest }))).toMatchInlineSnapshot(
    `"422 stimulus 0 is 6 high x 5 wide; the model takes 3 high x 2 wide; add ?fit=resize or ?fit=crop"`,
  );
  const fitted = await send(app, 'responses?fit=crop', { stimulusSet: digest });
  const { responses, stimuli } = (await fitted.json()) as Record<
    'responses' | 'stimuli',
    unknown[]
  >;
  expect(responses).toHaveLength(2);
  expect(stimuli).toMatchObject(
    Array(2).fill({ digest: DIGESTS[0], warnings: ['cropped from 6 high x 5 wide'] }),
  );
});

test('a corrupted set is rejected, reported, counted, and repaired by another upload', async () => {
  const { app, store, log } = await createStoringApp();
  await put(app);
  const file = path.join(store.folder, 'stimulus-sets', `${DIGEST}.npy`);
  await writeFile(file, encodeNpy(PIXELS.with(5, 52), [4, 3, 2]));
  const reported = `503 the stored stimulus set ${DIGEST} is damaged and not served; upload it again`;
  expect(await detailOf(app.request(`${SETS}/${DIGEST}`))).toBe(reported);
  expect(await detailOf(send(app, 'responses', { stimulusSet: DIGEST }))).toBe(reported);
  expect(log).toContainEqual(
    expect.objectContaining({
      level: 50,
      stimulusSet: DIGEST,
      msg: expect.stringMatching(/damaged$/),
    }),
  );
  expect(await (await app.request('/metrics')).text()).toContain(
    'hypercolumn_damaged_stimulus_sets_total 2\n',
  );
  expect((await put(app)).status).toBe(200);
  expect((await send(app, 'responses', { stimulusSet: DIGEST })).status).toBe(200);
});

test('uploads beyond the available room are rejected', async () => {
  const { app } = await createStoringApp({ setsCapacity: 4096, limits: { maxBody: 2 ** 16 } });
  await put(app);
  const other = new Uint8Array(encodeNpy(new Uint8Array(6), [3, 2]));
  expect(await detailOf(put(app, other))).toMatchInlineSnapshot(
    `"507 1 stimulus sets take 4096 of 4096 bytes (at most 10000 sets), this one would take 134 more; delete some"`,
  );
  const large = new Uint8Array(encodeNpy(new Uint8Array(6000), [10, 30, 20]));
  expect(await detailOf(put(app, large))).toMatchInlineSnapshot(
    `"413 the set takes 6128 bytes; all sets may take 4096"`,
  );
  expect((await put(app)).status).toBe(200);
  await app.request(`${SETS}/${DIGEST}`, { method: 'DELETE' });
  expect((await put(app, other)).status).toBe(201);
});

test('without a place to store sets the reason is reported, and everything else is served', async () => {
  const store = { unusable: 'DATA_DIR="data-store" cannot be written (EROFS)' };
  const { app } = createTestApp({ store });
  const reported = '503 nothing can be stored: DATA_DIR="data-store" cannot be written (EROFS)';
  expect(await detailOf(app.request(SETS))).toBe(reported);
  expect(await detailOf(put(app))).toBe(reported);
  expect(await detailOf(send(app, 'responses', { stimulusSet: DIGEST }))).toBe(reported);
  expect((await send(app, 'responses', { stimuli: [{ grating: {} }] })).status).toBe(200);
});

test('stimuli of a set are selected by number, in the requested order', async () => {
  const { app } = await createStoringApp();
  await put(app);
  const all = await (await send(app, 'responses', { stimulusSet: DIGEST })).json();
  const some = await (
    await send(app, 'responses', { stimulusSet: DIGEST, stimuli: [1, 0, 1] })
  ).json();
  const { responses, stimuli } = all as { responses: number[][]; stimuli: object[] };
  const picked = [1, 0, 1];
  expect(some).toMatchObject({
    responses: picked.map((i) => responses[i]),
    stimuli: picked.map((i) => stimuli[i]),
  });
  expect(some).not.toHaveProperty('stimulusSet');
  expect(
    await detailOf(send(app, 'responses', { stimulusSet: DIGEST, stimuli: [0, 9] })),
  ).toMatchInlineSnapshot(
    `"422 stimuli[1]: there is no stimulus 9; the set has 4, numbered from 0"`,
  );
});
