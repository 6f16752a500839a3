import { copyFile, mkdir, readdir, stat } from 'node:fs/promises';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { Command, Option } from 'commander';
import { InputError } from '../../src/errors.js';
import { exitCodesHelp } from '../../src/exit-codes.js';
import { OPTIONAL_PARTS, type OptionalPart } from './parts.js';
import { listServingFiles } from './serving-files.js';

/** The folder of dist/. */
const CHECKOUT = fileURLToPath(new URL('../../..', import.meta.url));

interface Options {
  readonly out: string;
  readonly with: readonly OptionalPart[];
}

/**
 * `trim`: copies what serving needs of a built checkout, and nothing else, into a new folder.
 * @example hypercolumn trim --out /tmp/serving && node /tmp/serving/dist/src/main.js
 * @example hypercolumn trim --out /serving --with tensorflow training
 * @param root the checkout, by default the one that this is compiled in
 */
export function createTrimCommand(root = CHECKOUT): Command {
  return new Command('trim')
    .description('copies dist and the part of node_modules that serving needs into a new folder')
    .requiredOption(
      '--out <folder>',
      'the new folder; node <folder>/dist/src/main.js serves from it',
    )
    .addOption(
      new Option('--with <parts...>', 'to include next to serving with onnx and wasm')
        .choices(OPTIONAL_PARTS)
        .default([]),
    )
    .allowExcessArguments(false)
    .addHelpText('after', exitCodesHelp('badInput'))
    .action((options: Options) => trim(root, options));
}

async function trim(root: string, { out, with: chosen }: Options): Promise<void> {
  await checkIsNew(out);
  const files = await listServingFiles(root, chosen);
  let bytes = 0;
  for (const file of files) {
    const target = path.join(out, file);
    await mkdir(path.dirname(target), { recursive: true });
    await copyFile(path.join(root, file), target);
    bytes += (await stat(target)).size;
  }
  console.log(`${out}: ${files.length} files, ${(bytes / 1e6).toFixed(1)} MB`);
}

async function checkIsNew(folder: string): Promise<void> {
  const names = await readdir(folder).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return [];
    throw error;
  });
  if (names.length > 0) {
    throw new InputError(`--out ${folder} holds files already; expected a new or an empty folder`);
  }
}
