import { readdir, readFile, stat } from 'node:fs/promises';
import path from 'node:path';
import { InputError } from '../../src/errors.js';
import { PreferredStimulusResult } from '../../src/experiments/preferred-stimulus/schemas.js';
import { parseAs, parseJson } from '../../src/formats/json.js';
import { decodeNpy } from '../../src/formats/npy.js';
import { readTable, type Table } from './tables.js';

/** Images that an experiment found. */
export interface ImageStack {
  readonly name: string;
  readonly description: string;
  readonly images: readonly FoundImage[];
}

/** One of them. */
export interface FoundImage {
  readonly name: string;
  readonly description: string;
  readonly height: number;
  readonly width: number;
  /** [height, width], 0 black to 1 white. */
  readonly pixels: Float32Array;
}

/** What experiments wrote. */
export interface Results {
  readonly tables: readonly Table[];
  readonly stacks: readonly ImageStack[];
}

const PREFERRED = 'preferred-stimuli.json';

/**
 * Reads results of `respond`, `tune`, `characterize` and `preferred-stimulus`.
 * @param places folders that these wrote, or files in them
 * @throws InputError where there is no result, or two of one name
 */
export async function readResults(places: readonly string[]): Promise<Results> {
  const files = (await Promise.all(places.map(listResults))).flat();
  const tables: Table[] = [];
  const stacks: ImageStack[] = [];
  for (const file of files) {
    if (path.basename(file) === PREFERRED) stacks.push(await readPreferred(file));
    else tables.push(await readTable(file));
  }
  const names = [...tables, ...stacks].map(({ name }) => name);
  const twice = names.find((name, i) => names.indexOf(name) < i);
  if (twice === undefined) return { tables, stacks };
  throw new InputError(
    `two results have the name ${twice}; expected different names: rename one of the files`,
  );
}

async function listResults(place: string): Promise<string[]> {
  const found = await stat(place).catch((cause: NodeJS.ErrnoException) => {
    if (cause.code !== 'ENOENT') throw cause;
    throw new InputError(`there is no file or folder ${place}; expected a result`, [], { cause });
  });
  const files = found.isDirectory()
    ? (await readdir(place)).toSorted().map((name) => path.join(place, name))
    : [place];
  const results = files.filter(
    (file) => file.endsWith('.csv') || path.basename(file) === PREFERRED,
  );
  if (results.length > 0) return results;
  throw new InputError(
    `no result in ${place}; expected .csv files, or ${PREFERRED} with its .npy file`,
  );
}

async function readPreferred(file: string): Promise<ImageStack> {
  const result = parseAs(PreferredStimulusResult, parseJson(await readFile(file), file), file);
  const array = `${file.slice(0, -'.json'.length)}.npy`;
  const bytes = await readFile(array).catch((cause: unknown) => {
    throw new InputError(`${array} cannot be read; expected the images of ${file}`, [], { cause });
  });
  const { shape, data } = decodeNpy(bytes);
  const [neurons = 0, restarts = 0, height = 0, width = 0] = shape;
  if (shape.length !== 4 || neurons !== result.neurons.length || restarts !== result.restarts) {
    throw new InputError(
      `${array} has the shape (${shape.join(', ')}); expected (${result.neurons.length}, ${result.restarts}, ` +
        'height, width)',
    );
  }
  const { name, version, digest } = result.model;
  return {
    name: path.basename(file, '.json'),
    description: `preferred stimuli of the model ${name}/${version}, digest ${digest}`,
    images: result.neurons.flatMap(({ id, stimuli }, neuron) =>
      stimuli.map(({ response, digest: of }, restart) => {
        const first = (neuron * restarts + restart) * height * width;
        return {
          name: `neuron ${id}, restart ${restart}`,
          description: `response ${response}, digest ${of}`,
          ...{ height, width },
          pixels: Float32Array.from(data.subarray(first, first + height * width)),
        };
      }),
    ),
  };
}
