import { mkdir, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { readModel } from '../../src/models/saved-model.js';
import { tinyCard } from './cards.js';

/**
 * Writes the card of a tiny model, without weights: enough for an engine that computes nothing.
 * @param unit of its responses; different units give different digests
 * @returns its digest
 */
export async function writeCard(
  models: string,
  name: string,
  version: number,
  unit = 'dF/F',
): Promise<string> {
  const card = { ...tinyCard(name, version), response: { unit } };
  await writeCardText(models, name, version, JSON.stringify(card));
  return (await readModel(path.join(models, name, String(version)))).digest;
}

/** Writes an invalid card. */
export function breakCard(models: string, name: string, version: number): Promise<void> {
  return writeCardText(models, name, version, '{');
}

export function removeVersion(models: string, name: string, version: number): Promise<void> {
  return rm(path.join(models, name, String(version)), { recursive: true, force: true });
}

async function writeCardText(models: string, name: string, version: number, text: string) {
  const folder = path.join(models, name, String(version));
  await mkdir(folder, { recursive: true });
  await writeFile(path.join(folder, 'card.json'), text);
}
