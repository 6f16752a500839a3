import { Command, InvalidArgumentError, Option } from 'commander';
import { createCountProgress } from '../../src/count-progress.js';
import { counted } from '../../src/formats/counted.js';
import { siteName, wholeNumber } from '../run/options.js';
import { prepareFolder, synthesizeSite, writeSite } from './site.js';

interface Options {
  readonly out: string;
  readonly site: string;
  readonly neurons: number;
  readonly images: number;
  readonly validation: number;
  readonly repeats: number;
  readonly seed: number;
  readonly surround: boolean;
  readonly colour?: true;
  readonly force?: true;
}

/** `synthesize`: makes a site of known truth and writes its files. */
export function createSynthesizeCommand(): Command {
  return new Command('synthesize')
    .description(
      'makes a synthetic site: natural scenes, and responses of neurons whose truth is known',
    )
    .requiredOption('--out <folder>', 'where the files go')
    .option('--site <name>', 'name of the site', siteName, 'synthetic')
    .option('--neurons <count>', 'number of neurons', wholeNumber(1, 10_000), 16)
    .option(
      '--images <count>',
      'training images, each presented once',
      wholeNumber(1, 1_000_000),
      4000,
    )
    .option('--validation <count>', 'validation images', wholeNumber(2, 100_000), 1000)
    .option(
      '--repeats <count>',
      'times each validation image is presented',
      wholeNumber(1, 1000),
      10,
    )
    .option('--seed <number>', 'the same seed makes the same site', wholeNumber(0, 2 ** 53 - 1), 1)
    .addOption(
      new Option('--surround <true|false>', 'whether the surround suppresses')
        .argParser(trueOrFalse)
        .default(true),
    )
    .option('--no-surround', 'the same as --surround false')
    .option('--colour', 'images in colour, and neurons that see differences of colours')
    .option('--force', 'overwrite a site that is there already')
    .allowExcessArguments(false)
    .action(synthesize);
}

async function synthesize(options: Options): Promise<void> {
  const { out, force = false, ...site } = options;
  await prepareFolder(out, site.site, force);
  const progress = createCountProgress('images', process.stderr);
  let made: ReturnType<typeof synthesizeSite>;
  try {
    made = synthesizeSite(site, progress.report);
  } finally {
    progress.stop();
  }
  await writeSite(out, made);
  console.log(
    `${out}: site ${site.site}, ${counted(site.neurons, 'neuron')}, ${site.images} training and ` +
      `${site.validation} validation images`,
  );
}

function trueOrFalse(text: string): boolean {
  if (text !== 'true' && text !== 'false') {
    throw new InvalidArgumentError('It must be true or false.');
  }
  return text === 'true';
}
