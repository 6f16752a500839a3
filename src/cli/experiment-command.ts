import { availableParallelism } from 'node:os';
import { Command, Option } from 'commander';
import type { z } from 'zod';
import { SETTINGS } from '../config.js';
import { createCountProgress } from '../count-progress.js';
import { InputError } from '../errors.js';
import { CommandEnd, exitCodesHelp } from '../exit-codes.js';
import { type ExperimentContext, experimentContext, type Subject } from '../experiments/context.js';
import { parseAs, parseJson } from '../formats/json.js';
import type { EngineName } from '../inference/open-engine.js';
import { openLocalEngine } from '../job-worker/local-engine.js';
import type { ResultFile } from '../jobs/job-files.js';
import { findModel } from '../models/find-model.js';
import { readInput } from './read-input.js';
import { prepareOut, writeResult } from './result-files.js';

/** An experiment as a command, which runs it in this process. */
export interface LocalExperiment<Request> {
  readonly name: string;
  readonly description: string;
  /** The request, as over HTTP. */
  readonly request: z.ZodType<Request>;
  /** The endings of the files of a result. */
  readonly endings: readonly string[];
  /** Whether it needs gradients or attention. */
  readonly interprets: boolean;
  /** Plans and runs it. */
  readonly run: (
    subject: Subject,
    request: Request,
    context: ExperimentContext,
  ) => Promise<readonly ResultFile[]>;
}

interface Options {
  readonly model: string;
  readonly neurons?: string;
  readonly out: string;
  readonly engine: EngineName | 'auto';
}

interface RequestOptions extends Options {
  readonly request: string;
}

/** Signals that end an experiment. */
const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

/** One's own machine has no limits but its memory. */
const LIMITS = { maxStimuli: Number.POSITIVE_INFINITY, maxPixels: Number.POSITIVE_INFINITY };

/** Makes the command of an experiment whose request is JSON. */
export function createExperimentCommand<Request>(experiment: LocalExperiment<Request>): Command {
  const { name, description, request: schema, run } = experiment;
  return createLocalCommand(name, description, experiment.endings)
    .option('--request <json>', 'the request as over HTTP: JSON, or a file that holds it', '{}')
    .action(async (options: RequestOptions) => {
      const request = parseAs(schema, await readRequest(options), 'request');
      await runLocally(experiment, options, (subject, context) => run(subject, request, context));
    });
}

/** A command with the options that all experiments have. */
export function createLocalCommand(
  name: string,
  description: string,
  endings: readonly string[],
): Command {
  const list = endings.map((ending) => `.${ending}`).join(', ');
  return new Command(name)
    .description(description)
    .requiredOption(
      '--model <folder>',
      'models/x for the latest version of x, or models/x/<version>',
    )
    .requiredOption(
      '--out <path>',
      `a file ending with ${list}, or a folder for all of them; replaces an existing file`,
    )
    .option('--neurons <ids>', 'such as 0-3,8; by default all')
    .addOption(
      new Option('--engine <name>', 'what computes responses, as the setting ENGINE of the service')
        .choices(SETTINGS.ENGINE.schema.options)
        .default('auto'),
    )
    .allowExcessArguments(false)
    .addHelpText('after', exitCodesHelp('badInput', 'interrupted'));
}

/** Opens the model, runs an experiment on it, and writes the result. Ctrl-C ends it. */
export async function runLocally(
  { endings, interprets }: Pick<LocalExperiment<never>, 'endings' | 'interprets'>,
  { model: folder, out, engine }: Options,
  run: (subject: Subject, context: ExperimentContext) => Promise<readonly ResultFile[]>,
): Promise<void> {
  await prepareOut(out, endings);
  const interruption = new AbortController();
  const onInterrupt = () =>
    interruption.abort(new CommandEnd('interrupted', 'interrupted; nothing was written'));
  for (const name of SIGNALS) process.once(name, onInterrupt);
  const progress = createCountProgress('steps', process.stderr);
  const saved = await findModel(folder);
  const choice = { engine, threads: availableParallelism(), backend: 'auto' } as const;
  const local = await openLocalEngine(choice);
  try {
    const { model, parts } = await local.load(saved, interprets);
    const context = experimentContext({
      ...parts,
      signal: interruption.signal,
      onProgress: ({ done, total }) => progress.report(done, total),
    });
    const files = await run({ model, limits: LIMITS }, context);
    progress.stop();
    for (const file of await writeResult(out, files)) console.log(`wrote ${file}`);
  } finally {
    progress.stop();
    for (const name of SIGNALS) process.off(name, onInterrupt);
    await local.close();
  }
}

/** The request, which is JSON or the name of a file that holds it, with the neurons of `--neurons`. */
async function readRequest({ request: given, neurons }: RequestOptions): Promise<unknown> {
  const request = await parseRequest(given);
  if (neurons === undefined || typeof request !== 'object' || request === null) return request;
  if ('neurons' in request) {
    throw new InputError('neurons are named twice: --neurons and --request; expected one of them');
  }
  return { ...request, neurons };
}

async function parseRequest(given: string): Promise<unknown> {
  if (given.trimStart().startsWith('{')) return parseJson(Buffer.from(given), '--request');
  return parseJson(await readInput('--request', given), `--request ${given}`);
}

/** A result as a JSON file. */
export function jsonFile(name: string, result: object): ResultFile[] {
  return [{ name: `${name}.json`, bytes: Buffer.from(JSON.stringify(result)) }];
}
