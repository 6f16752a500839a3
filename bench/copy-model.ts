import { link, mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';

/**
 * Copies a version of a model as version 1 under other names; the copies share its weights on the disk.
 * @param from its folder
 */
export async function copyModel(from: string, models: string, names: readonly string[]) {
  const card = JSON.parse(await readFile(path.join(from, 'card.json'), 'utf8'));
  const weights = (await readdir(from)).filter((file) => file !== 'card.json');
  for (const name of names) {
    const folder = path.join(models, name, '1');
    await mkdir(folder, { recursive: true });
    await writeFile(path.join(folder, 'card.json'), JSON.stringify({ ...card, name, version: 1 }));
    for (const file of weights) await link(path.join(from, file), path.join(folder, file));
  }
}
