import { InputError } from '../../src/errors.js';
import type {
  ImageSource,
  LabFile,
  PresentationSource,
  ResponseSource,
  SplitSource,
} from './lab-file.js';

/** The names that a person chose, by the options of the command. */
export interface SourceNames {
  readonly images?: string | undefined;
  readonly presentations?: string | undefined;
  readonly responses?: string | undefined;
  readonly split?: string | undefined;
}

/** What a dataset is made of. */
export interface Sources {
  readonly images: ImageSource;
  readonly responses: ResponseSource;
  /** Undefined where the rows of the responses are the images themselves. */
  readonly presentations: PresentationSource | undefined;
  /** Undefined where none was named. */
  readonly split: SplitSource | undefined;
}

/**
 * Chooses images, responses and presentations: those that are named, or the only ones that fit together.
 * @throws InputError where there is none, or where there are several, with the option that chooses one
 */
export function chooseSources(file: LabFile, names: SourceNames): Sources {
  const responses = chooseOne('responses', file.responses, names.responses, describeResponses);
  const split = chooseSplit(file, names.split);
  const images = chooseOne('images', imagesFor(file, responses), names.images, describeImages);
  if (responses.kind === 'table' && responses.rowsAre === 'images') {
    if (names.presentations !== undefined) {
      throw new InputError(
        `--presentations ${names.presentations} is not used: a row of ${responses.name} is an image; expected none`,
      );
    }
    return { images, responses, presentations: undefined, split };
  }
  const fitting = file.presentations.filter((each) => fits(each, images, responses));
  const candidates = names.presentations === undefined ? fitting : file.presentations;
  const presentations = chooseOne(
    'presentations',
    candidates,
    names.presentations,
    ({ count, images: of, conflict }) =>
      `${count} trials${of === undefined ? '' : ` of ${of}`}${conflict === undefined ? '' : `; ${conflict}`}`,
  );
  return { images, responses, presentations, split };
}

function chooseSplit({ splits = [] }: LabFile, name: string | undefined): SplitSource | undefined {
  if (name === undefined) return undefined;
  const split = splits.find((each) => each.name === name);
  if (split) return split;
  const known = splits.map((each) => each.name);
  const expected = known.length === 0 ? 'none: the file has none' : `one of ${known.join(', ')}`;
  throw new InputError(`unknown split: '${name}'; expected ${expected}`);
}

/** Where responses have a row for each image, only images of that number fit. */
function imagesFor({ images }: LabFile, responses: ResponseSource): readonly ImageSource[] {
  if (responses.kind !== 'table' || responses.rowsAre !== 'images') return images;
  const fitting = images.filter(({ count }) => count * (responses.repeats ?? 1) === responses.rows);
  return fitting.length > 0 ? fitting : images;
}

function fits(
  { images: of, count }: PresentationSource,
  images: ImageSource,
  responses: ResponseSource,
): boolean {
  if (of !== undefined && of !== images.name) return false;
  return responses.kind !== 'table' || responses.rows === count;
}

function describeImages({ count, height, width, channels }: ImageSource): string {
  return `${count} images of ${height}x${width}${channels === 3 ? ' in colour' : ''}`;
}

function describeResponses(source: ResponseSource): string {
  const neurons = `${source.neurons} neuron${source.neurons === 1 ? '' : 's'}`;
  if (source.kind === 'spikes') return `spikes of ${neurons}`;
  if (source.kind === 'traces') return `traces of ${neurons}, ${source.samples} samples`;
  const { rows, rowsAre, repeats = 1 } = source;
  const each = repeats === 1 ? '' : ` x ${repeats} repeats`;
  return `${rows / repeats} ${rowsAre}${each} x ${neurons}`;
}

function chooseOne<Source extends { readonly name: string }>(
  what: Exclude<keyof SourceNames, 'split'>,
  sources: readonly Source[],
  name: string | undefined,
  describe: (source: Source) => string,
): Source {
  const list = sources
    .map((source) => `\n  --${what} ${source.name}  (${describe(source)})`)
    .join('');
  if (name !== undefined) {
    const named = sources.find((source) => source.name === name);
    if (named) return named;
    throw new InputError(
      `unknown ${what}: '${name}'; expected ${list === '' ? 'none: the file has none' : `one of${list}`}`,
    );
  }
  if (sources.length === 1) return sources[0]!;
  if (sources.length === 0) {
    throw new InputError(`no ${what} were found; expected some that fit the rest of the file`);
  }
  throw new InputError(`several ${what} were found: ${sources.length}; expected one of${list}`);
}
