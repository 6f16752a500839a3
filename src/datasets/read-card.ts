import path from 'node:path';
import { z } from 'zod';
import { InputError } from '../errors.js';
import { hasCode } from '../files/disk-error.js';
import { readWhole, sha256 } from '../files/whole-file.js';
import { DATASET_CARD_FILE, DatasetCard, MAX_CARD_BYTES } from './card.js';

/**
 * Reads the card of a dataset alone.
 * @returns the card, and the digest of the dataset, which is the SHA-256 of the card
 * @throws InputError where it is missing, or is none
 */
export async function readDatasetCard(
  folder: string,
): Promise<{ readonly card: DatasetCard; readonly digest: string }> {
  const file = path.join(folder, DATASET_CARD_FILE);
  const bytes = await readWhole(file, MAX_CARD_BYTES).catch((cause: unknown) => {
    if (cause instanceof InputError) throw new InputError(`${folder}: ${cause.message}`);
    if (hasCode(cause, 'ENOENT', 'ENOTDIR')) {
      throw new InputError(
        `${folder} is no dataset: ${DATASET_CARD_FILE} is not there; expected a folder that ingest made`,
      );
    }
    throw new InputError(`${file} cannot be read: ${(cause as Error).message}`, [], { cause });
  });
  const parsed = DatasetCard.safeParse(parseJson(file, bytes.toString('utf8')));
  if (!parsed.success) {
    throw new InputError(`${file} is no card of a dataset: ${z.prettifyError(parsed.error)}`);
  }
  return { card: parsed.data, digest: sha256(bytes) };
}

function parseJson(file: string, text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw new InputError(`${file} is damaged: it is not JSON`, [], { cause });
  }
}
