import { readdir } from 'node:fs/promises';
import path from 'node:path';
import { InputError } from '../src/input-error.js';
import { type ImageRules, openRecording, type Recording } from './recording.js';
import { digestOfFile, type RowFile } from './row-file.js';

/** The data of one recording site. */
export interface Site {
  readonly name: string;
  readonly training: Recording;
  readonly validation: Recording;
  /** sha256 of each file, by its name. */
  readonly digests: Readonly<Record<string, string>>;
  close(): Promise<void>;
}

/**
 * Opens a site in the file layout of the paper's code: `train_img_{site}.npy`,
 * `trainRsp_{site}.npy`, `val_img_{site}.npy`, `valRsp_{site}.npy`; images (n, h, w) or
 * (n, h, w, 1), responses (n, neurons). Images stay on disk, except in Fortran order.
 * @throws InputError naming the file and what is wrong with it
 */
export async function openSite(
  folder: string,
  name: string,
  rules: ImageRules = { allowBlank: false },
): Promise<Site> {
  const file = (prefix: string) => path.join(folder, `${prefix}_${name}.npy`);
  const files = ['train_img', 'trainRsp', 'val_img', 'valRsp'].map(file);
  const opened: RowFile[] = [];
  await checkPresence(folder, name);
  try {
    const [training, validation] = [
      await openRecording(files[0]!, files[1]!, rules, opened),
      await openRecording(files[2]!, files[3]!, rules, opened),
    ];
    if (training.height !== validation.height || training.width !== validation.width) {
      throw new InputError(
        `${files[0]} holds images of ${training.height}x${training.width} pixels, ` +
          `${files[2]} of ${validation.height}x${validation.width}`,
      );
    }
    if (training.neurons !== validation.neurons) {
      throw new InputError(
        `${files[1]} holds ${training.neurons} neurons, ${files[3]} ${validation.neurons}`,
      );
    }
    const digests = await Promise.all(
      files.map(async (each) => [path.basename(each), await digestOfFile(each)] as const),
    );
    return { name, training, validation, digests: Object.fromEntries(digests), close };
  } catch (error) {
    await close();
    throw error;
  }

  async function close(): Promise<void> {
    await Promise.all(opened.map((each) => each.close()));
  }
}

/** Tells which sites are there where the one asked for is not. */
async function checkPresence(folder: string, name: string): Promise<void> {
  const files = await readdir(folder).catch((cause: unknown) => {
    throw new InputError(`--data ${folder} is no folder that can be read`, [], { cause });
  });
  const sites = files.flatMap((file) => /^train_img_(.+)\.npy$/.exec(file)?.[1] ?? []);
  if (sites.includes(name)) return;
  const there = sites.length > 0 ? `the site ${sites.join(', ')}` : 'no site';
  const missing = path.join(folder, `train_img_${name}.npy`);
  throw new InputError(`${missing} is not there: that folder holds ${there}`);
}
