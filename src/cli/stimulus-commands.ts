import path from 'node:path';
import { type Command, Option } from 'commander';
import { InputError, UnsupportedMediaError } from '../errors.js';
import { modelCanvas } from '../experiments/canvas.js';
import type { ExperimentContext, Subject } from '../experiments/context.js';
import { runPeak } from '../experiments/peak.js';
import { type Presentation, planResponses, present } from '../experiments/presentation.js';
import { runRank } from '../experiments/rank.js';
import {
  computeResponses,
  responsesArray,
  responsesCsv,
  responsesResult,
} from '../experiments/responses.js';
import { realResponses } from '../experiments/set-tuning/real-responses.js';
import { planSetTuning, type SetTuningPlan } from '../experiments/set-tuning/set-tuning.js';
import { decodeNpy, encodeNpy } from '../formats/npy.js';
import type { EngineName } from '../inference/open-engine.js';
import { decodeStimuli } from '../stimulus/decode/decode.js';
import { Fit } from '../stimulus/fit.js';
import type { ResponseMatrix } from '../tuning/response-matrix.js';
import { createLocalCommand, jsonFile, runLocally } from './experiment-command.js';
import { readInput } from './read-input.js';

const STIMULUS_FILES = '.npy, .png, .jpg, .webp, .tif or .json';

interface Options {
  readonly model: string;
  readonly stimuli: string;
  readonly responses?: string;
  readonly neurons?: string;
  readonly fit: Fit;
  readonly k?: string;
  readonly spread?: true;
  readonly out: string;
  readonly engine: EngineName | 'auto';
}

/** `respond`: predicted responses. */
export function createRespondCommand(): Command {
  const endings = ['csv', 'json', 'npy'];
  return createStimulusCommand('respond', 'predicts the responses to stimuli', endings)
    .option('--spread', "adds the standard deviation of an ensemble's members")
    .action((options: Options) =>
      runLocally({ endings, interprets: false }, options, async (subject, context) => {
        const presentation = planResponses(await readPresentation(subject, options));
        const responses = await computeResponses(presentation, context, options);
        const { values, shape } = responsesArray(presentation, responses);
        return [
          { name: 'responses.csv', bytes: Buffer.from(responsesCsv(presentation, responses)) },
          ...jsonFile('responses', responsesResult(presentation, responses)),
          { name: 'responses.npy', bytes: encodeNpy(values, shape) },
        ];
      }),
    );
}

/** `tune rank`: the tuning curve over images in the order of their responses. */
export function createRankCommand(): Command {
  return createSetCommand('rank', 'puts stimuli in the order of their responses', runRank);
}

/** `tune peak`: the stimuli with the strongest responses. */
export function createPeakCommand(): Command {
  return createSetCommand('peak', 'finds the stimuli with the strongest responses', runPeak);
}

function createSetCommand(
  name: string,
  description: string,
  run: (plan: SetTuningPlan, context: ExperimentContext) => Promise<object>,
): Command {
  const endings = ['json'];
  return createStimulusCommand(name, description, endings)
    .option('--responses <file>', 'recorded responses to the stimuli, .npy of (stimuli, neurons)')
    .option('--k <count>', 'stimuli of the peak; by default 1 % of them')
    .action((options: Options) =>
      runLocally({ endings, interprets: false }, options, async (subject, context) => {
        const presentation = await readPresentation(subject, options);
        const k = options.k === undefined ? undefined : peakSize(options.k);
        const real = await readResponses(options.responses, presentation);
        return jsonFile(name, await run(planSetTuning(presentation, { k }, real), context));
      }),
    );
}

function createStimulusCommand(
  name: string,
  description: string,
  endings: readonly string[],
): Command {
  return createLocalCommand(name, description, endings)
    .requiredOption('--stimuli <file>', `${STIMULUS_FILES} as over HTTP`)
    .addOption(
      new Option('--fit <how>', 'what to do with stimuli of another size')
        .choices(Fit.options)
        .default('none'),
    );
}

async function readPresentation(
  { model, limits }: Subject,
  { stimuli: file, fit, neurons }: Options,
): Promise<Presentation> {
  const contentType = path.extname(file) === '.json' ? 'application/json' : undefined;
  const body = await readInput('--stimuli', file);
  const decoded = await decodeStimuli({
    contentType,
    body,
    target: modelCanvas(model),
    limits,
    fit,
  }).catch((error: unknown) => {
    throw forCommandLine(error, file);
  });
  if (neurons !== undefined && decoded.neurons !== undefined) {
    throw new InputError(`neurons are named twice: --neurons and ${file}; expected one of them`);
  }
  return present(model, decoded, neurons ?? decoded.neurons);
}

/** An error of decoding, with options of the command in place of the query and the headers of a request. */
function forCommandLine(error: unknown, file: string): unknown {
  if (error instanceof UnsupportedMediaError) {
    const message = `--stimuli ${file} is in no known format; expected ${STIMULUS_FILES}`;
    return new InputError(message, [], { cause: error });
  }
  if (!(error instanceof InputError)) return error;
  const message = error.message.replaceAll('?fit=', '--fit ');
  return new InputError(message, error.problems, { cause: error });
}

async function readResponses(
  file: string | undefined,
  { model, stimuli }: Presentation,
): Promise<ResponseMatrix | undefined> {
  if (file === undefined) return undefined;
  const { shape, data } = decodeNpy(await readInput('--responses', file));
  return realResponses(
    { shape, values: Float64Array.from(data) },
    stimuli.count,
    model.card.neurons.length,
  );
}

function peakSize(text: string): number {
  if (/^\d{1,9}$/.test(text)) return Number(text);
  throw new InputError(`unknown size of the peak: --k ${text}; expected a whole number`);
}
