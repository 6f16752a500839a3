import { access, constants, lstat, realpath } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { Command, InvalidArgumentError, Option } from 'commander';
import { createCountProgress } from '../../src/count-progress.js';
import { IngestRequest } from '../../src/datasets/ingest-request.js';
import type { Window } from '../../src/datasets/window.js';
import { InputError } from '../../src/errors.js';
import { exitCodesHelp } from '../../src/exit-codes.js';
import { makeFolder } from '../../src/files/make-folder.js';
import { writeDataset } from '../dataset/write-dataset.js';
import { writePublished } from '../dataset/write-published.js';
import { degrees, wholeNumber } from '../run/options.js';
import { MIN_SIDE } from './arrays/image-layout.js';
import { writeContactSheet } from './contact-sheet.js';
import { describeDataset } from './describe-dataset.js';
import { FORMATS } from './formats.js';
import { ingestOptions } from './ingest-options.js';
import { openRecording } from './open-recording.js';
import { prepareDataset, type ReportStep } from './prepare-dataset.js';
import { readMonitor } from './read-monitor.js';
import { parseWindow } from './responses/window.js';
import { datasetOf } from './to-dataset.js';

interface Options {
  readonly out?: string;
  readonly dryRun?: true;
  readonly layout: 'dataset' | 'published';
  readonly images?: string;
  readonly presentations?: string;
  readonly responses?: string;
  readonly split?: string;
  readonly firstImage?: 0 | 1;
  readonly window?: Window;
  readonly baseline?: Window | 'none';
  readonly units?: string;
  readonly minRate?: number;
  readonly minReliability?: number;
  readonly transpose?: true;
  readonly crop?: number;
  readonly gray?: true;
  readonly size?: { readonly height: number; readonly width: number };
  readonly degreesPerPixel?: number;
  readonly monitor?: string;
  readonly black?: number;
  readonly white?: number;
  readonly keepBlanks?: true;
  readonly keepNear?: true;
  readonly minRepeats: number;
  readonly validation: number;
  readonly seed: number;
}

/** `ingest`: makes a dataset of a recording. */
export function createIngestCommand(): Command {
  const command = new Command('ingest')
    .description('makes a dataset, to train with, of a recording as a lab has it')
    .argument('<recording>', FORMATS.map(({ name }) => name).join('; '))
    .option('--out <folder>', 'of the dataset; default data/ and the name of the recording')
    .option('--dry-run', 'reports what was found, and writes a sheet of ten images only')
    .addOption(
      new Option(
        '--layout <name>',
        'dataset, or published: train_img_{name}.npy and its companions',
      )
        .choices(['dataset', 'published'])
        .default('dataset'),
    )
    .optionsGroup('What to take, where there are several:')
    .option('--images <name>', 'the images')
    .option('--presentations <name>', 'which image was presented when')
    .option('--responses <name>', 'spikes, traces, or a table')
    .option('--split <name>', 'which images are for training, validation and test')
    .addOption(
      new Option('--first-image <number>', 'the number of the first image in the presentations')
        .choices(['0', '1'])
        .argParser(firstNumber),
    )
    .option('--units <conditions>', "neurons, as in 'quality == good and snr > 2'")
    .option('--min-rate <response>', 'neurons with at least this mean response', finite)
    .option('--min-reliability <value>', 'neurons with at least this reliability', finite)
    .optionsGroup('Responses:')
    .option('--window <from:to>', 'after the onset of an image, such as 40:100ms', parseWindow)
    .option(
      '--baseline <from:to>',
      'whose mean is subtracted from traces, such as -250:0ms; or none',
      (text: string) => (text === 'none' ? text : parseWindow(text)),
    )
    .option('--keep-blanks', 'keep trials with a blank screen')
    .optionsGroup('Images:')
    .option('--transpose', 'exchange rows and columns')
    .option('--crop <degrees>', 'keep the central square of this side', degrees)
    .option('--gray', 'turn colours into their luminance')
    .option('--size <height x width>', 'resize, as in 50x50', readSize)
    .option('--degrees-per-pixel <degrees>', 'visual angle of a pixel', degrees)
    .option('--monitor <file>', 'JSON of the monitor that showed the images')
    .option('--black <value>', 'the pixel value that is black', finite)
    .option('--white <value>', 'the pixel value that is white', finite)
    .optionsGroup('Validation images:')
    .option(
      '--min-repeats <count>',
      'images with at least so many trials, where the recording has no split of its own',
      wholeNumber(2, 1_000_000),
      4,
    )
    .option('--validation <share>', 'by chance, where no image was repeated so often', share, 0.1)
    .option('--seed <number>', 'of that chance', wholeNumber(0, 2 ** 32), 1)
    .option('--keep-near', 'keep training images that are nearly equal to a validation image')
    .allowExcessArguments(false)
    .addHelpText('after', exitCodesHelp('badInput', 'interrupted'));
  return command.action(async (recording: string, options: Options) => {
    const words = [
      'hypercolumn',
      'ingest',
      ...process.argv.slice(process.argv.indexOf('ingest') + 1),
    ];
    await ingest(recording, options, words.join(' '));
  });
}

async function ingest(recording: string, options: Options, command: string): Promise<void> {
  const { out = defaultOut(recording), dryRun = false, layout, ...given } = options;
  const monitor = given.monitor === undefined ? undefined : await readMonitor(given.monitor);
  const request = IngestRequest.parse({ ...given, monitor });
  if (!dryRun) await rejectExisting(out);
  await rejectInside(out, recording);
  const file = await openRecording(recording, FORMATS, tmpdir());
  const progress = createSteps();
  try {
    await makeFolder(path.dirname(out));
    // The slash rejects a file.
    await access(`${path.dirname(out)}${path.sep}`, constants.W_OK);
    const dataset = await prepareDataset(file, ingestOptions(request), progress.report);
    progress.stop();
    console.log(describeDataset(file, dataset));
    const sheet = `${out}.png`;
    await writeContactSheet(sheet, dataset);
    console.log(`${sheet} shows ten of the images: check that they are upright and not transposed`);
    if (dryRun) return;
    const content = await datasetOf(dataset, {
      ...{ file, recording, name: path.basename(out), command, monitor },
      report: (done) => progress.report('writing', done, dataset.images.length),
    });
    if (layout === 'published') {
      await writePublished(out, content, process);
      progress.stop();
      console.log(
        `wrote ${out}: to train with --data ${out} --site ${path.basename(path.resolve(out))}`,
      );
      return;
    }
    const { digest } = await writeDataset(out, content, process);
    progress.stop();
    console.log(`wrote ${out}, digest ${digest}`);
  } finally {
    progress.stop();
    await file.close();
  }
}

/** One bar after the other. */
function createSteps() {
  let current:
    | { readonly step: string; readonly bar: ReturnType<typeof createCountProgress> }
    | undefined;
  const stop = () => {
    current?.bar.stop();
    current = undefined;
  };
  const report = (step: Parameters<ReportStep>[0] | 'writing', done: number, total: number) => {
    if (current?.step !== step) {
      stop();
      current = { step, bar: createCountProgress(step, process.stderr) };
    }
    current.bar.report(done, total);
  };
  return { report, stop };
}

async function rejectExisting(out: string): Promise<void> {
  const found = await lstat(out).catch(() => undefined); // a link to nothing is in the way too
  if (found)
    throw new InputError(`${out} is there already; expected a new folder: give another --out`);
}

/** A dataset, or its sheet of images, in the folder of the recording would be a part of the recording the next time. */
async function rejectInside(out: string, recording: string): Promise<void> {
  const folder = await realpath(recording).catch(() => path.resolve(recording));
  const parent = await realpath(path.dirname(out)).catch(() => path.resolve(path.dirname(out)));
  if (parent !== folder && !parent.startsWith(`${folder}${path.sep}`)) return;
  throw new InputError(
    `--out ${out} is in the folder of the recording, ${recording}, and would become a part of it; expected another ` +
      'place',
  );
}

/** `data/x`, or `data/x-dataset` where the recording itself is there. */
function defaultOut(recording: string): string {
  const place = path.resolve(recording);
  const out = path.join('data', path.basename(place).replace(/\.[^.]+$/, ''));
  return path.resolve(out) === place ? `${out}-dataset` : out;
}

function readSize(text: string): { height: number; width: number } {
  const [, height, width] = /^(\d{1,4})x(\d{1,4})$/.exec(text) ?? [];
  if (Number(height) >= MIN_SIDE && Number(width) >= MIN_SIDE) {
    return { height: Number(height), width: Number(width) };
  }
  throw new InvalidArgumentError(
    `It must be height x width in pixels, at least ${MIN_SIDE}x${MIN_SIDE}, such as 50x50.`,
  );
}

function firstNumber(text: string): 0 | 1 {
  if (text === '0' || text === '1') return text === '0' ? 0 : 1;
  throw new InvalidArgumentError('It must be 0 or 1.');
}

function finite(text: string): number {
  const value = Number(text);
  if (text.trim() !== '' && Number.isFinite(value)) return value;
  throw new InvalidArgumentError('It must be a number.');
}

function share(text: string): number {
  const value = finite(text);
  if (value > 0 && value < 1) return value;
  throw new InvalidArgumentError('It must be a share between 0 and 1, such as 0.1.');
}
