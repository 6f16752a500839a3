import { readdir } from 'node:fs/promises';
import path from 'node:path';
import { DATASET_CARD_FILE } from '../../src/datasets/card.js';
import { InputError } from '../../src/errors.js';
import type { UsedTrials } from '../../src/models/card.js';
import { describeSize } from '../../src/network/stimulus-size.js';
import type { Monitor } from '../../src/stimulus/colour/monitor.js';
import { type DataRules, STRICT } from './data-rules.js';
import { openRecording, type Recording, type SurveyedRecording } from './recording.js';
import { digestOfFile, type RowFile } from './row-file.js';
import {
  checkBrightness,
  checkCount,
  checkMeasured,
  checkShared,
  countShared,
} from './split-checks.js';

/** The data of one recording site. */
export interface Site {
  readonly name: string;
  readonly training: Recording;
  readonly validation: Recording;
  /** How many validation images are training images too. */
  readonly sharedImages: number;
  /** sha256 of each file, by its name. */
  readonly digests: Readonly<Record<string, string>>;
  /** The trials among the training images that the dataset was given after it was made. */
  readonly trials?: UsedTrials | undefined;
  /** The pixel value that is white, where it was given. */
  readonly white: number | null;
  /** The monitor that showed the images, where the data say it. */
  readonly monitor?: Monitor | undefined;
  /** Warnings about the data that affect how far the figures can be trusted. */
  readonly warnings: readonly string[];
  close(): Promise<void>;
}

/** The part of a site with which predictions are compared. */
export type ValidationSite = Pick<
  Site,
  'name' | 'validation' | 'digests' | 'warnings' | 'close'
> & {
  /** Of a dataset: sha256 of the files of the published layout with the same validation images and responses. */
  readonly published?: Readonly<Record<string, string>> | undefined;
};

/** The same, with the mean gray of its images. */
export interface SurveyedValidation extends ValidationSite {
  readonly validation: SurveyedRecording;
}

/**
 * Opens a site in the file layout of the paper's code: `train_img_{site}.npy`,
 * `trainRsp_{site}.npy`, `val_img_{site}.npy`, `valRsp_{site}.npy`; images (n, h, w),
 * (n, h, w, 1), (n, 1, h, w) or, in colour, (n, h, w, 3), responses (n, neurons). Images stay on disk, except in Fortran order.
 * @param given what is accepted that is rejected by default
 * @throws InputError naming the file and what is wrong with it
 */
export async function openSite(
  folder: string,
  name: string,
  given: Partial<DataRules> = {},
): Promise<Site> {
  const rules = { ...STRICT, ...given };
  const file = (prefix: string) => path.join(folder, `${prefix}_${name}.npy`);
  const files = ['train_img', 'trainRsp', 'val_img', 'valRsp'].map(file);
  return await opening(files, async (opened) => {
    await checkPresence(folder, name, 'train_img');
    const [training, validation] = [
      await openRecording(files[0]!, files[1]!, rules, opened),
      await openRecording(files[2]!, files[3]!, rules, opened),
    ];
    const [size, other] = [describeSize(training), describeSize(validation)];
    if (size !== other) {
      throw new InputError(`${files[0]} holds images of ${size} pixels, ${files[2]} of ${other}`);
    }
    if (training.neurons !== validation.neurons) {
      throw new InputError(
        `${files[1]} holds ${training.neurons} neurons, ${files[3]} ${validation.neurons}`,
      );
    }
    const compared = compareParts(training, validation, [files[0]!, files[2]!], rules);
    return { name, training, validation, white: rules.white, ...compared };
  });
}

/**
 * Compares the two parts of a site.
 * @param names what the images of each part are called in messages
 * @throws InputError where they do not go together and that is not allowed
 */
export function compareParts(
  training: SurveyedRecording,
  validation: SurveyedRecording,
  names: readonly [training: string, validation: string],
  rules: DataRules,
): Pick<Site, 'sharedImages' | 'warnings'> {
  checkBrightness({ [names[0]]: training.meanGray, [names[1]]: validation.meanGray }, rules);
  const warnings = [
    ...checkMeasured('training', training, rules),
    ...checkScored(validation, rules),
    ...checkShared('validation', validation, training, rules),
  ];
  return { sharedImages: countShared(validation, training), warnings };
}

/**
 * Opens the validation images and responses of a site alone: the training files need not be there.
 * @throws InputError as `openSite`
 */
export async function openValidation(
  folder: string,
  name: string,
  given: Partial<DataRules>,
): Promise<SurveyedValidation> {
  const rules = { ...STRICT, ...given };
  const files = ['val_img', 'valRsp'].map((prefix) => path.join(folder, `${prefix}_${name}.npy`));
  return await opening(files, async (opened) => {
    await checkPresence(folder, name, 'val_img');
    const validation = await openRecording(files[0]!, files[1]!, rules, opened);
    return { name, validation, warnings: checkScored(validation, rules) };
  });
}

/**
 * Checks whether validation images are enough for scores.
 * @returns warnings
 * @throws InputError where they are too few and that is not allowed
 */
export function checkScored(validation: SurveyedRecording, rules: DataRules): string[] {
  return [
    ...checkMeasured('validation', validation, rules),
    ...checkCount('validation', validation.count, rules),
  ];
}

/**
 * What is read of files, with their digests, and a way to close them.
 * @param read hands over the files that stay open
 */
async function opening<T>(files: readonly string[], read: (opened: RowFile[]) => Promise<T>) {
  const opened: RowFile[] = [];
  const close = async (): Promise<void> => {
    await Promise.all(opened.map((each) => each.close()));
  };
  try {
    const content = await read(opened);
    const digests = await Promise.all(
      files.map(async (each) => [path.basename(each), await digestOfFile(each)] as const),
    );
    return { ...content, digests: Object.fromEntries(digests), close };
  } catch (error) {
    await close();
    throw error;
  }
}

/** Lists the sites of a folder, for the message that one is missing. */
async function checkPresence(
  folder: string,
  name: string,
  prefix: 'train_img' | 'val_img',
): Promise<void> {
  const files = await readdir(folder).catch((cause: unknown) => {
    throw new InputError(
      `--data ${folder} is no folder that can be read: give the one that holds ${prefix}_{site}.npy`,
      [],
      { cause },
    );
  });
  const sites = files.flatMap((file) =>
    file.startsWith(`${prefix}_`) && file.endsWith('.npy') ? file.slice(prefix.length + 1, -4) : [],
  );
  if (sites.includes(name)) return;
  const there = files.includes(DATASET_CARD_FILE)
    ? 'a dataset: leave out --site'
    : sites.length > 0
      ? `the site ${sites.join(', ')}: give that as --site`
      : 'no site: give another --data';
  const missing = path.join(folder, `${prefix}_${name}.npy`);
  throw new InputError(`${missing} is not there: that folder holds ${there}`);
}
