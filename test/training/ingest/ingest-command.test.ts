import { spawnSync } from 'node:child_process';
import { cp, mkdir, readdir, readFile, symlink, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import sharp from 'sharp';
import { expect, test } from 'vitest';
import { DatasetCard } from '../../../src/datasets/card.js';
import { sha256 } from '../../../src/files/whole-file.js';
import { decodeNpy, encodeNpy } from '../../../src/formats/npy.js';
import { randomStream } from '../../../src/network/random.js';
import { datasetOfSmallSite } from '../../support/datasets.js';
import { writeSmallSite } from '../../support/sites.js';
import { temporaryFolder } from '../../support/store.js';

const PROGRAM = fileURLToPath(new URL('../../../dist/src/cli/hypercolumn.js', import.meta.url));

function ingest(...args: string[]) {
  return spawnSync(process.execPath, [PROGRAM, 'ingest', ...args], { encoding: 'utf8' });
}

async function makeSite() {
  const folder = await temporaryFolder();
  const site = path.join(folder, 'site');
  await writeSmallSite(site, 30, 10);
  return { folder, site, out: path.join(folder, 'made', 'dataset') };
}

async function readArray(file: string) {
  return decodeNpy(await readFile(file));
}

test('the four files of a site become a dataset with the same numbers', async () => {
  const { folder, site, out } = await makeSite();
  const { status, stdout, stderr } = ingest(site, '--out', out);
  expect(stderr).toContain('images 40 of 40');
  expect(status).toBe(0);
  const [name] = (await readdir(site)).flatMap(
    (file) => /^trainRsp_(.+)\.npy$/.exec(file)?.[1] ?? [],
  );
  const text = await readFile(path.join(out, 'dataset.json'), 'utf8');
  const card = DatasetCard.parse(JSON.parse(text));
  expect(stdout).toContain(`wrote ${out}, digest ${sha256(text)}`);
  expect(stdout).toMatch(/^split {10}30 training, 10 validation: as the recording divides them$/m);
  expect(card).toMatchObject({
    name: 'dataset',
    trials: { count: 40, maxRepeats: 1 },
    split: { train: 30, validation: 10, test: 0 },
    source: { format: 'four .npy files', files: [{}, {}, {}, {}] },
    command: `hypercolumn ingest ${site} --out ${out}`,
  });
  for (const [file, digest] of Object.entries(card.files)) {
    expect(sha256(await readFile(path.join(out, file))), file).toBe(digest);
  }
  for (const [made, prefix] of [
    ['images', 'img'],
    ['responses', 'Rsp'],
  ] as const) {
    const given = await Promise.all(
      ['train', 'val'].map((part) => {
        const file = prefix === 'img' ? `${part}_img` : `${part}Rsp`;
        return readArray(path.join(site, `${file}_${name}.npy`));
      }),
    );
    const whole = await readArray(path.join(out, `${made}.npy`));
    expect([...whole.data]).toEqual(given.flatMap(({ data }) => [...data]));
    expect(whole.stored).toBe(given[0]!.stored);
  }
  expect((await readdir(path.join(folder, 'made'))).toSorted()).toEqual(['dataset', 'dataset.png']);
  const again = ingest(site, '--out', out);
  expect(again.status).toBe(2);
  expect(again.stderr).toBe(
    `error: ${out} is there already; expected a new folder: give another --out\n`,
  );
});

test('the repeats of the validation images become trials, whose means are the responses', async () => {
  const { site, out } = await makeSite();
  await datasetOfSmallSite(site);
  expect(ingest(site, '--out', out).status).toBe(0);
  const card = DatasetCard.parse(
    JSON.parse(await readFile(path.join(out, 'dataset.json'), 'utf8')),
  );
  // Images have two and three trials in turn.
  expect(card.trials).toEqual({ count: 30 + 25, maxRepeats: 3 });
  expect(card.split).toMatchObject({ train: 30, validation: 10 });
  const [responses, means] = [
    await readArray(path.join(out, 'responses.npy')),
    await readArray(path.join(site, 'valRsp_small.npy')),
  ];
  expect([...responses.data.subarray(30 * 3)]).toEqual([...means.data]);
  const images = await readArray(path.join(out, 'trial_images.npy'));
  expect([...images.data.subarray(30)]).toEqual([
    ...[30, 31, 32, 33, 34, 35, 36, 37, 38, 39],
    ...[30, 31, 32, 33, 34, 35, 36, 37, 38, 39],
    ...[31, 33, 35, 37, 39],
  ]);
});

test('the published layout gives the four files back, to the byte', async () => {
  const { site, out } = await makeSite();
  const { status, stdout } = ingest(site, '--out', out, '--layout', 'published');
  expect(status).toBe(0);
  expect(stdout).toContain(`wrote ${out}: to train with --data ${out} --site dataset`);
  const given = (await readdir(site)).toSorted();
  expect((await readdir(out)).toSorted()).toHaveLength(given.length);
  for (const name of given) {
    const made = path.join(out, name.replace(/_[^_]+\.npy$/, '_dataset.npy'));
    const [found, expected] = [await readArray(made), await readArray(path.join(site, name))];
    expect([name, found.shape, [...found.data]]).toEqual([
      name,
      expected.shape,
      [...expected.data],
    ]);
  }
});

test('without --out the dataset has the name of the recording, next to which it goes', async () => {
  const { folder, site } = await makeSite();
  const run = (recording: string) => {
    const words = [PROGRAM, 'ingest', recording, '--dry-run'];
    return spawnSync(process.execPath, words, { encoding: 'utf8', cwd: folder }).stdout;
  };
  expect(run(site)).toContain('data/site.png shows ten');
  await cp(site, path.join(folder, 'data', 'site'), { recursive: true });
  expect(run('data/site')).toContain('data/site-dataset.png shows ten');
});

test('a dry run writes the sheet of images only', async () => {
  const { folder, site, out } = await makeSite();
  const { status, stdout } = ingest(site, '--out', out, '--dry-run');
  expect(status).toBe(0);
  expect(stdout).toContain('dataset.png shows ten of the images');
  expect(await readdir(path.join(folder, 'made'))).toEqual(['dataset.png']);
});

test('a dataset is no recording, and none is written into a recording', async () => {
  const { folder, site, out } = await makeSite();
  for (const inside of [path.join(site, 'deep', 'dataset'), path.join(site, 'dataset')]) {
    const { status, stderr } = ingest(site, '--out', inside);
    expect([status, stderr]).toEqual([
      2,
      `error: --out ${inside} is in the folder of the recording, ${site}, and would become a part of it; expected ` +
        'another place\n',
    ]);
  }
  await symlink(site, path.join(folder, 'link'));
  expect(ingest(path.join(folder, 'link'), '--out', path.join(site, 'dataset')).status).toBe(2);
  expect(await readdir(site)).not.toContain('deep');
  expect(ingest(site, '--out', out).status).toBe(0);
  expect(ingest(out).stderr).toBe(
    `error: ${out} is a dataset already; expected a recording: to train on it, hypercolumn train --data ${out}\n`,
  );
});

test('a place that cannot be written is rejected before the recording is read', async () => {
  const { folder, site } = await makeSite();
  const file = path.join(folder, 'file');
  await writeFile(file, '');
  const { status, stdout, stderr } = ingest(site, '--out', path.join(file, 'dataset'));
  expect([status, stdout]).toEqual([2, '']);
  expect(stderr).toMatch(/^error: .* is a file, not a folder/);
  expect(stderr).not.toContain('images');
});

test('what is no recording is rejected by what it is', async () => {
  const folder = await temporaryFolder();
  const file = path.join(folder, 'notes.txt');
  await writeFile(file, 'no recording');
  expect(ingest(path.join(folder, 'missing.nwb')).stderr).toMatch(
    /^error: there is no file or folder .*missing\.nwb; expected a recording\n$/,
  );
  const { status, stderr } = ingest(file);
  expect(status).toBe(2);
  expect(stderr).toMatch(
    /^error: unknown kind of file: .*notes\.txt; expected a folder with train_img_/,
  );
  expect(ingest(file, '--window', '40-100').stderr).toContain('such as 40:100ms.');
  for (const size of ['50', '1x1', '3x50']) {
    expect(ingest(file, '--size', size).stderr).toContain('at least 4x4, such as 50x50.');
  }
  const empty = path.join(folder, 'empty.nwb');
  await writeFile(empty, '');
  expect(ingest(empty).stderr).toBe(
    `error: ${empty} is empty: it has 0 bytes; expected a recording\n`,
  );
  expect(ingest('--help').stdout.match(/\.mat/g)).toHaveLength(1);
  expect(ingest(file, '--validation', '2').stderr).toContain('a share between 0 and 1');
});

test('the monitor that showed the images is on the card, and one that is none is rejected', async () => {
  const { folder, site, out } = await makeSite();
  const primary = (x: number, y: number) => ({ x, y, luminance: 20, gamma: 2.2 });
  const monitor = {
    red: primary(0.64, 0.33),
    green: primary(0.3, 0.6),
    blue: primary(0.15, 0.06),
  };
  const file = path.join(folder, 'monitor.json');
  await writeFile(file, JSON.stringify({ red: monitor.red }));
  const rejected = ingest(site, '--out', out, '--monitor', file);
  expect(rejected.status).toBe(2);
  expect(rejected.stderr).toContain(`--monitor ${file}:`);
  await writeFile(file, JSON.stringify(monitor));
  expect(ingest(site, '--out', out, '--monitor', file).status).toBe(0);
  const text = await readFile(path.join(out, 'dataset.json'), 'utf8');
  expect(DatasetCard.parse(JSON.parse(text)).images.monitor).toEqual(monitor);
});

test('the sheet of images in colour is in colour', async () => {
  const folder = await temporaryFolder();
  const site = path.join(folder, 'site');
  await mkdir(site);
  const [count, side] = [12, 6];
  const random = randomStream(1, 'colour');
  const images = Uint8Array.from({ length: count * side * side * 3 }, () => random.integer(256));
  for (const [part, to] of [
    ['train', count],
    ['val', 4],
  ] as const) {
    const own = images
      .slice(0, to * side * side * 3)
      .map((value) => (part === 'val' ? 255 - value : value));
    await writeFile(path.join(site, `${part}_img_c.npy`), encodeNpy(own, [to, side, side, 3]));
    const responses = Float32Array.from({ length: to }, (_, i) => i);
    await writeFile(path.join(site, `${part}Rsp_c.npy`), encodeNpy(responses, [to, 1]));
  }
  const out = path.join(folder, 'made');
  const { status, stdout } = ingest(site, '--out', out, '--keep-near');
  expect(status).toBe(0);
  expect(stdout).toContain('6x6 in colour');
  const { data, info } = await sharp(`${out}.png`).raw().toBuffer({ resolveWithObject: true });
  expect(info).toMatchObject({ width: 5 * side, height: 2 * side, channels: 3 });
  const row = side * 3; // the first image is at the top left
  expect([...data.subarray(0, row)]).toEqual([...images.subarray(0, row)]);
});
