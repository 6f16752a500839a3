import { readdir } from 'node:fs/promises';
import path from 'node:path';
import { isVersion, versionsIn } from '../../src/models/version-numbers.js';

/** Most trainings that a message names. */
const MOST = 3;

/** Says that there is no training in a folder, and which folder near it has one. */
export async function describeNoTraining(folder: string): Promise<string> {
  const near = isVersion(path.basename(path.resolve(folder)))
    ? [path.dirname(folder)]
    : await trainingsIn(folder);
  const hint = near.length === 0 ? '' : `, such as ${near.slice(0, MOST).join(' or ')}`;
  return `there is no training in ${folder}; expected the --out of a training${hint}`;
}

/** The names of the models in a folder, in order. A model may have shards or jobs only. */
async function trainingsIn(folder: string): Promise<string[]> {
  const names = new Set<string>();
  for (const name of await readdir(folder).catch(() => [])) {
    const [, model] = /^(.+)\.(?:shards|slurm)$/.exec(name) ?? [];
    const versions = await versionsIn(path.join(folder, name)).catch(() => []);
    if (model !== undefined) names.add(model);
    else if (versions.length > 0) names.add(name);
  }
  return [...names].toSorted().map((name) => path.join(folder, name));
}
