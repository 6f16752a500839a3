import { execFile } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import type { NewTrial } from '../../src/datasets/trial.js';
import { openTrials } from '../../src/datasets/trials.js';
import { stimulusDigest } from '../../src/stimulus/stimuli.js';
import { writeDataset } from '../../training/dataset/write-dataset.js';
import { IMAGE_PIXELS, IMAGE_SIDE } from '../../training/synthetic/images.js';
import { type SyntheticSite, synthesizeSite } from '../../training/synthetic/site.js';
import type { Row } from '../table.js';

const PROGRAM = fileURLToPath(new URL('../../src/cli/hypercolumn.js', import.meta.url));
const run = promisify(execFile);

const NEURONS = 30;
const TRIALS = 100;
/** Training and validation images of the dataset. */
const IMAGES = 200;
const VALIDATION = 300;
const UNIT = 'spikes/s';
/** What is to be reached, in seconds. */
const FITS = { readout: 10, all: 120 } as const;

/** Times the way from 100 trials to a saved model: they are appended, then `train` runs in a process of its own. */
export async function measureTimes(backend: string): Promise<Row[]> {
  const folder = await mkdtemp(path.join(tmpdir(), 'hypercolumn-trials-'));
  try {
    const [data, model] = [path.join(folder, 'data'), path.join(folder, 'models', 'm')];
    const site = synthesizeSite({
      ...{ site: 'session', seed: 1, neurons: NEURONS, surround: true, repeats: 1 },
      ...{ images: IMAGES + TRIALS, validation: VALIDATION },
    });
    await makeDataset(data, site);
    const train = (...words: readonly string[]) =>
      run(process.execPath, [
        ...[PROGRAM, 'train', '--data', data, '--recipe', 'ff_cnn', '--backend', backend],
        ...['--out', model, ...words],
      ]);
    await train('--epochs', '1');
    const begun = performance.now();
    await (await openTrials(data)).append(trialsOf(site));
    const appended = (performance.now() - begun) / 1000;
    const rows: Row[] = [
      {
        what: `${TRIALS} trials of ${NEURONS} neurons, appended and on the disk`,
        ...{ toReach: '', measured: `${appended.toFixed(2)} s`, met: undefined },
      },
    ];
    for (const [fit, most] of Object.entries(FITS)) {
      const start = performance.now();
      await train('--from', path.join(model, '1'), '--fit', fit, '--only-trials');
      const seconds = appended + (performance.now() - start) / 1000;
      rows.push({
        what: `from ${TRIALS} trials to the saved model of ${NEURONS} neurons, --fit ${fit}`,
        toReach: `under ${most} s`,
        measured: `${seconds.toFixed(1)} s`,
        met: seconds < most,
      });
    }
    return rows;
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

async function makeDataset(folder: string, site: SyntheticSite): Promise<void> {
  const count = IMAGES + VALIDATION;
  const train = site.trainImages.subarray(0, IMAGES * IMAGE_PIXELS);
  await writeDataset(folder, {
    card: {
      name: 'session',
      images: {
        ...{ count, height: IMAGE_SIDE, width: IMAGE_SIDE, channels: 1, white: 255 },
        ...{ degreesPerImage: null, changes: [] },
      },
      neurons: Array.from({ length: NEURONS }, (_, i) => ({ id: String(i), reliability: null })),
      responses: { unit: UNIT, window: null, baseline: null },
      splitRule: 'as they were made',
      dropped: [],
      source: {
        ...{ format: 'synthetic', images: 'made', presentations: null, responses: 'made' },
        files: [],
      },
      ...{ notes: [], command: 'bench:trials' },
    },
    images: blocks(train, site.validationImages),
    parts: Array.from({ length: count }, (_, i) => (i < IMAGES ? 'train' : 'validation')),
    trials: Float32Array.of(
      ...site.trainResponses.subarray(0, IMAGES * NEURONS),
      ...site.validationResponses,
    ),
    trialImages: Int32Array.from({ length: count }, (_, i) => i),
  });
}

async function* blocks(...parts: readonly Uint8Array[]) {
  yield* parts;
}

/** The images of the site that come after those of the dataset. */
function trialsOf({ trainImages, trainResponses }: SyntheticSite): NewTrial[] {
  return Array.from({ length: TRIALS }, (_, i) => {
    const place = IMAGES + i;
    const bytes = trainImages.subarray(place * IMAGE_PIXELS, (place + 1) * IMAGE_PIXELS);
    const image = {
      ...{ height: IMAGE_SIDE, width: IMAGE_SIDE },
      pixels: Float32Array.from(bytes, (value) => value / 255),
    };
    const trial = {
      ...{ id: `trial ${i}`, stimulus: stimulusDigest(image), unit: UNIT, valid: true },
      ...{ window: null, onset: null, repeat: null },
      neurons: Array.from({ length: NEURONS }, (_, id) => id),
      responses: [...trainResponses.subarray(place * NEURONS, (place + 1) * NEURONS)],
    };
    return { trial, image };
  });
}
