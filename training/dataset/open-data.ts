import { access, stat } from 'node:fs/promises';
import path from 'node:path';
import { DATASET_CARD_FILE } from '../../src/datasets/card.js';
import { InputError } from '../../src/errors.js';
import type { DataRules } from '../data/data-rules.js';
import { describeMissing } from '../data/describe-missing.js';
import { type Repeats, readRepeats } from '../data/repeats-file.js';
import {
  openSite,
  openValidation,
  type Site,
  type SurveyedValidation,
  type ValidationSite,
} from '../data/site.js';
import { openDatasetSite, openDatasetValidation } from './dataset-site.js';

/** Where the data of a command are. */
export interface DataPlace {
  /** Of a dataset, or of the four files of a site. */
  readonly data: string;
  /** The name of the site; without one, the folder is a dataset. */
  readonly site?: string | undefined;
  /** Whether the trials in the folder of a dataset are left out. */
  readonly withoutTrials?: boolean | undefined;
  /** Whether these trials alone are the training data, without the dataset's own training images. */
  readonly onlyTrials?: boolean | undefined;
}

/** A site, with what is known of its responses. */
export interface OpenedData<Opened> {
  readonly site: Opened;
  /** Of the validation images. */
  readonly repeats: Repeats | null;
  /** Of the responses, where the data say it. */
  readonly unit: string | null;
  readonly degreesPerImage: number | null;
}

/** Data to train on. */
interface TrainingSite extends OpenedData<Site> {
  /** Trials that a training image has, for the most part. */
  readonly trainingTrials: number;
}

/**
 * Opens a dataset, or the four files of a site, to train on.
 * @throws InputError naming the file and what is wrong with it
 */
export async function openData(place: DataPlace, rules: Partial<DataRules>): Promise<TrainingSite> {
  const { withoutTrials = false, onlyTrials = false } = place;
  if (withoutTrials && onlyTrials) {
    throw new InputError('--without-trials and --only-trials are both used; expected one of them');
  }
  if (await isDataset(place)) {
    const use = withoutTrials ? 'none' : onlyTrials ? 'alone' : 'joined';
    return await openDatasetSite(place.data, rules, use);
  }
  if (withoutTrials || onlyTrials) {
    const option = onlyTrials ? '--only-trials' : '--without-trials';
    throw new InputError(
      `${option} is used with --site; expected a dataset, which alone has trials`,
    );
  }
  const opened = await withRepeats(place.data, await openSite(place.data, place.site!, rules));
  return { ...opened, trainingTrials: 1 };
}

/**
 * Opens the validation images alone of a dataset, or of the files of a site.
 * @throws InputError as `openData`
 */
export async function openValidationData(
  place: DataPlace,
  rules: Partial<DataRules>,
): Promise<OpenedData<SurveyedValidation>> {
  if (await isDataset(place)) return await openDatasetValidation(place.data, rules);
  return await withRepeats(place.data, await openValidation(place.data, place.site!, rules));
}

async function isDataset({ data, site }: DataPlace): Promise<boolean> {
  if (site !== undefined) return false;
  const isThere = await access(path.join(data, DATASET_CARD_FILE)).then(
    () => true,
    () => false,
  );
  if (isThere) return true;
  const found = await stat(data).catch(() => undefined);
  if (found === undefined) {
    throw new InputError(`--data: ${await describeMissing(data, 'the folder of a dataset')}`);
  }
  if (found.isFile()) {
    throw new InputError(
      `--data ${data} is a file; expected the folder of a dataset, which hypercolumn ingest ${data} makes of a recording`,
    );
  }
  throw new InputError(
    `--data ${data} has no ${DATASET_CARD_FILE}, and there is no --site; expected the folder of a ` +
      `dataset, which hypercolumn ingest ${data} makes of a recording, or --site with the name of the four .npy files there`,
  );
}

async function withRepeats<Opened extends ValidationSite>(
  folder: string,
  site: Opened,
): Promise<OpenedData<Opened>> {
  try {
    const repeats = await readRepeats(folder, site.name, site.validation);
    return { site, repeats, unit: null, degreesPerImage: null };
  } catch (error) {
    await site.close();
    throw error;
  }
}
