import { access, rename, rm, stat, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { Command } from 'commander';
import { InputError } from '../../src/errors.js';
import { exitCodesHelp } from '../../src/exit-codes.js';
import { makeFolder } from '../../src/files/make-folder.js';
import { temporaryFor, writeWhole } from '../../src/files/whole-file.js';
import { type Results, readResults } from './results.js';

interface Options {
  readonly model?: string;
  readonly out?: string;
  readonly nwb?: string;
  readonly parquet?: string;
}

/** `export`: writes a model or results in formats of other programs. */
export function createExportCommand(): Command {
  return new Command('export')
    .description('writes a model as a graph (.onnx), or results as NWB or Parquet')
    .argument(
      '[results...]',
      'folders or files that respond, tune, characterize or preferred-stimulus wrote',
    )
    .optionsGroup('A model, for onnxruntime, Triton and others:')
    .option('--model <folder>', 'models/x for the latest version of x, or models/x/<version>')
    .option('--out <file>', 'the .onnx file')
    .optionsGroup('Results:')
    .option('--nwb <file>', 'one NWB file: tables, and preferred stimuli as images')
    .option('--parquet <folder>', 'a Parquet file of each table')
    .addHelpText('after', exitCodesHelp('badInput'))
    .action(async (results: string[], options: Options) => {
      for (const line of await run(results, options)) console.log(line);
    });
}

/** @returns what was written, for a person */
async function run(results: readonly string[], options: Options): Promise<string[]> {
  const { model, out, nwb, parquet } = options;
  const isOfModel = model !== undefined || out !== undefined;
  const isOfResults = nwb !== undefined || parquet !== undefined || results.length > 0;
  if (isOfModel === isOfResults) {
    throw new InputError(
      'it is not clear what to export; expected --model and --out, or --nwb or --parquet with results',
    );
  }
  if (isOfModel) {
    if (model === undefined)
      throw new InputError('--model is missing; expected a model such as models/x');
    if (out === undefined) throw new InputError('--out is missing; expected a file such as x.onnx');
    // Only here, so that results can be exported where onnxruntime has no binary.
    const { exportModel } = await import('../onnx/export-model.js');
    return [await exportModel(model, out)];
  }
  if (results.length === 0) throw new InputError('no results are named; expected folders or files');
  if (nwb === undefined && parquet === undefined) {
    throw new InputError('the format is missing; expected --nwb file.nwb or --parquet folder');
  }
  return [
    ...(nwb === undefined ? [] : await exportNwb(results, nwb)),
    ...(parquet === undefined ? [] : await exportParquet(results, parquet)),
  ];
}

async function exportNwb(places: readonly string[], file: string): Promise<string[]> {
  const isThere = await access(file).then(
    () => true,
    () => false,
  );
  if (isThere) throw new InputError(`${file} is there already; expected a new file`);
  const results = await readResults(places);
  await makeFolder(path.dirname(path.resolve(file)));
  const { writeNwb } = await import('../nwb/nwb-file.js');
  const header = {
    description: `Hypercolumn: ${places.join(', ')}`,
    start: new Date().toISOString(),
  };
  const temporary = temporaryFor(file);
  try {
    await writeFile(temporary, ''); // A folder that cannot be written is reported by the system.
    await writeNwb(temporary, header, results);
    const { size } = await stat(temporary);
    if (size < bytesOf(results)) {
      throw new InputError(`${file} is not written whole; expected room on its disk`);
    }
    await rename(temporary, file);
  } finally {
    await rm(temporary, { force: true });
  }
  const names = [...results.tables, ...results.stacks].map(({ name }) => name);
  return [`wrote ${file}: /processing/hypercolumn has ${names.join(', ')}`];
}

async function exportParquet(places: readonly string[], folder: string): Promise<string[]> {
  const { tables } = await readResults(places);
  if (tables.length === 0) throw new InputError('the results have no table; expected .csv files');
  await makeFolder(folder);
  const { encodeParquet } = await import('../parquet/write-parquet.js');
  const lines: string[] = [];
  for (const table of tables) {
    const file = path.join(folder, `${table.name}.parquet`);
    await writeWhole(file, encodeParquet(table));
    lines.push(`wrote ${file}: ${table.rows} rows, ${table.columns.length} columns`);
  }
  return lines;
}

/** Bytes of the numbers of results. */
function bytesOf({ tables, stacks }: Results): number {
  const columns = tables.flatMap((table) => table.columns.map(({ values }) => values));
  const images = stacks.flatMap((stack) => stack.images.map(({ pixels }) => pixels));
  return [...columns, ...images].reduce((sum, values) => {
    return sum + ('byteLength' in values ? values.byteLength : 0);
  }, 0);
}
