import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { openSite, type Site } from '../../training/data/site.js';
import { synthesizeSite, writeSite } from '../../training/synthetic/site.js';
import type { Curve } from './curve.js';

/** Opens the files of a recorded site. */
export async function withWrittenSite(
  folder: string,
  name: string,
  use: (site: Site) => Promise<void>,
): Promise<void> {
  const site = await openSite(folder, name, { allowShared: true });
  try {
    await use(site);
  } finally {
    await site.close();
  }
}

/** Makes a site of known neurons that is large enough for a curve. */
export async function withSyntheticSite(
  { neurons, source, trials, selection, heldOut }: Curve,
  use: (site: Site) => Promise<void>,
): Promise<void> {
  const folder = await mkdtemp(path.join(tmpdir(), 'hypercolumn-trials-'));
  try {
    await writeSite(
      folder,
      synthesizeSite({
        ...{ site: 'synthetic', seed: 1, neurons, surround: true, repeats: 10 },
        images: source + Math.max(...trials),
        validation: selection + heldOut,
      }),
    );
    await withWrittenSite(folder, 'synthetic', use);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}
