import { mkdir, readdir, rename, rm, stat } from 'node:fs/promises';
import path from 'node:path';
import { DATASET_CARD_FILE, DATASET_FILES } from '../../src/datasets/card.js';
import type { ExpectedSeconds } from '../../src/datasets/expected-times.js';
import type { IngestReport, IngestRequest } from '../../src/datasets/ingest-request.js';
import { InputError } from '../../src/errors.js';
import { unless } from '../../src/files/disk-error.js';
import { digestOfFile } from '../data/row-file.js';
import { splitSite } from '../data/split.js';
import { openData } from '../dataset/open-data.js';
import { writeDataset } from '../dataset/write-dataset.js';
import { drawContactSheet } from '../ingest/contact-sheet.js';
import { describeRows } from '../ingest/describe-dataset.js';
import { FORMATS } from '../ingest/formats.js';
import { ingestCommand, ingestOptions } from '../ingest/ingest-options.js';
import { openRecording } from '../ingest/open-recording.js';
import { prepareDataset } from '../ingest/prepare-dataset.js';
import { datasetOf } from '../ingest/to-dataset.js';
import { openTrainingBackend } from '../kernels/training-backend.js';
import { currentMemory } from '../run/chunk.js';
import { expectTimes } from '../run/expected-time.js';
import type { DataJobContext, JobFile, JobStep, WholeRecording } from './context.js';
import { reportFile } from './context.js';

/** What is done, in order. */
const STEPS = {
  checking: 'checks the files',
  responses: 'reads the responses',
  images: 'reads the images',
  writing: 'writes the dataset',
  timing: 'tries the recipes',
} as const;
type Step = keyof typeof STEPS;
/** Parts of each step that progress counts. */
const PARTS = 100;

/**
 * Makes a dataset of a recording.
 * @param digest of the recording
 * @returns the report and a sheet of ten images
 * @throws InputError naming what cannot be used, and what to do; StoreFullError when there is no room for the dataset
 */
export async function runIngestJob(
  digest: string,
  request: IngestRequest,
  context: DataJobContext,
): Promise<JobFile[]> {
  const report = reportSteps(context.onProgress);
  // Of a run that was killed, nothing is used again.
  await rm(context.work, { recursive: true, force: true });
  await mkdir(context.work, { recursive: true });
  const recording = await context.openRecording(digest);
  await checkFiles(recording, report);
  const file = await openRecording(recording.place, FORMATS, context.work);
  try {
    const prepared = await prepareDataset(file, ingestOptions(request), report);
    const content = await datasetOf(prepared, {
      monitor: request.monitor,
      file,
      recording: recording.place,
      name: nameOf(recording, prepared.sources.images.name),
      command: ingestCommand(path.basename(recording.place), request),
      report: (done) => report('writing', done, prepared.images.length),
    });
    const temporary = path.join(context.work, 'dataset');
    const { card, digest: dataset } = await writeDataset(temporary, content);
    const folder = context.datasetFolder(dataset);
    await checkRoomFor(temporary, folder, context);
    await mkdir(path.dirname(folder), { recursive: true });
    await moveDataset(temporary, folder);
    report('timing', 0, 1);
    const expectedSeconds = request.timeRecipes ? await timeRecipes(folder) : null;
    if (expectedSeconds !== null) await context.keepTimes(dataset, expectedSeconds);
    const result: IngestReport = {
      dataset,
      found: describeRows(file, prepared),
      candidates: {
        images: file.images.map(({ name }) => name),
        presentations: file.presentations.map(({ name }) => name),
        responses: file.responses.map(({ name }) => name),
      },
      card,
      expectedSeconds,
    };
    report('timing', 1, 1);
    return [reportFile(result), { name: 'sheet.png', bytes: await drawContactSheet(prepared) }];
  } finally {
    await file.close();
  }
}

/** @throws StoreFullError where there is no room; a dataset that takes the place of the same one needs none */
async function checkRoomFor(
  made: string,
  folder: string,
  { checkRoom }: Pick<DataJobContext, 'checkRoom'>,
): Promise<void> {
  const isThere = await stat(folder).then(() => true, unless('ENOENT'));
  if (!isThere) await checkRoom(await bytesIn(made));
}

/** Bytes of the files of a folder. */
async function bytesIn(folder: string): Promise<number> {
  const sizes = (await readdir(folder)).map(
    async (name) => (await stat(path.join(folder, name))).size,
  );
  return (await Promise.all(sizes)).reduce((sum, size) => sum + size, 0);
}

/**
 * The same recording with the same options gives the same dataset: where that is there, each of its files takes the
 * place of the one there, which may be damaged, and trials stay.
 */
async function moveDataset(from: string, to: string): Promise<void> {
  const moved = await rename(from, to).then(() => true, unless('ENOTEMPTY', 'EEXIST'));
  if (moved) return;
  for (const name of [...Object.values(DATASET_FILES), DATASET_CARD_FILE]) {
    await rename(path.join(from, name), path.join(to, name));
  }
}

/** @throws InputError where a file is not what the client announced */
async function checkFiles(
  { files }: WholeRecording,
  report: (step: Step, done: number, total: number) => void,
): Promise<void> {
  for (const [index, { name, path: file, sha256 }] of files.entries()) {
    report('checking', index, files.length);
    const found = await digestOfFile(file);
    if (found === sha256) continue;
    throw new InputError(
      `wrong bytes in ${name}: their sha256 is ${found}; expected ${sha256}, as announced; ` +
        'delete the recording and send it again',
    );
  }
}

/** Of data that no recipe takes, none is timed. */
async function timeRecipes(folder: string): Promise<ExpectedSeconds> {
  const opened = await openData({ data: folder }, {}).catch((error: unknown) => {
    if (error instanceof InputError) return undefined;
    throw error;
  });
  if (opened === undefined) return {};
  try {
    return await expectTimes(splitSite(opened.site, 'validation', 1), {
      backend: await openTrainingBackend('auto'),
      memory: currentMemory(),
      clock: () => performance.now() / 1000,
    });
  } finally {
    await opened.site.close();
  }
}

/** The name of its file; of several, that of the images where it is one for a file: of a site, for example. */
function nameOf({ files }: WholeRecording, images: string): string {
  const [file, ...others] = files;
  if (others.length === 0) return file!.name.replace(/\.[^.]+$/, '');
  return /^[\w.-]+$/.test(images) ? images : 'recording';
}

/** Progress in parts of the whole, with the step in words. */
function reportSteps(onProgress: (progress: JobStep) => void) {
  const names = Object.keys(STEPS) as Step[];
  return (step: Step, done: number, total: number) => {
    const share = total === 0 ? 1 : done / total;
    onProgress({
      done: Math.floor((names.indexOf(step) + share) * PARTS),
      total: names.length * PARTS,
      preview: () => JSON.stringify({ step: STEPS[step] }),
    });
  };
}
