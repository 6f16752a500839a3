import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import sharp from 'sharp';
import { expect, test } from 'vitest';
import { EntryOptions } from '../../../src/stimulus/parametric/entry.js';
import { SCHEMAS } from '../../../src/stimulus/parametric/kinds.js';
import { ImageView } from '../../../src/stimulus/parametric/view.js';
import { createTestApp } from '../../support/app.js';
import { greatestDifference } from '../../support/numbers.js';
import { parameterTable } from '../../support/parameter-table.js';

const DOCS = fileURLToPath(new URL('../../../docs', import.meta.url));
const PAGE = readFileSync(`${DOCS}/stimuli.md`, 'utf8');
const KINDS = { ...SCHEMAS, image: ImageView };

/** The part of the page under a heading. */
function section(title: string): string {
  const [, part] = PAGE.split(`\n## ${title}\n`);
  if (part === undefined) throw new Error(`docs/stimuli.md has no part on ${title}`);
  return part.split('\n## ')[0]!;
}

async function grayOf(png: Uint8Array) {
  const image = sharp(png).toColourspace('b-w').raw();
  const { data, info } = await image.toBuffer({ resolveWithObject: true });
  return { height: info.height, width: info.width, pixels: [...data] };
}

test.each(Object.entries(KINDS))('the documentation lists the parameters of %s', (kind, schema) => {
  expect(section(kind)).toContain(parameterTable(schema));
});

test('the documentation lists the fields next to a kind', () => {
  expect(section('Requests')).toContain(parameterTable(EntryOptions));
});

test.each(Object.keys(KINDS))(
  'the request for %s in the documentation gives the picture there',
  async (kind) => {
    const text = section(kind);
    const request = /-d '(\{.*\})'/.exec(text)![1]!;
    const body = request.replace(/'"\$\(base64 -w0 docs\/(\S+)\)"'/, (_, file) =>
      readFileSync(`${DOCS}/${file}`).toString('base64'),
    );
    const file = /src="(stimuli\/\w+\.png)"/.exec(text)![1]!;
    const { app } = createTestApp();
    const headers = { 'Content-Type': 'application/json' };
    const answer = await app.request('/v1/stimuli', { method: 'POST', body, headers });
    expect(answer.status).toBe(200);
    const presented = await grayOf(new Uint8Array(await answer.arrayBuffer()));
    const { pixels, ...size } = await grayOf(readFileSync(`${DOCS}/${file}`));
    expect(presented).toMatchObject(size);
    // A cosine that differs in its last bit may round to the next gray level.
    expect(greatestDifference(presented.pixels, pixels)).toBeLessThanOrEqual(1);
  },
);
