import { mkdir } from 'node:fs/promises';
import path from 'node:path';
import { recipeOf } from '../../src/datasets/first-model.js';
import type { TrainReport, TrainRequest } from '../../src/datasets/train-request.js';
import { encodeCsv } from '../../src/formats/csv.js';
import { publishNext } from '../../src/models/publish-next.js';
import { openData } from '../dataset/open-data.js';
import { openTrainingBackend } from '../kernels/training-backend.js';
import { currentMemory } from '../run/chunk.js';
import { freeDisk } from '../run/disk.js';
import type { Machine } from '../run/model-request.js';
import { countAllSteps, countStepsDone } from '../run/progress.js';
import { chosenResponses } from '../run/response-choice.js';
import { trainModel } from '../run/train-model.js';
import { warmStart } from '../run/warm-start.js';
import { type DataJobContext, type JobFile, reportFile } from './context.js';
import { openCurves } from './curves.js';
import { openFirstModel } from './first-model.js';

/** A job is stopped by ending its process, and continues from the checkpoint of the last epoch. */
const NO_SIGNALS: Machine['signals'] = { on() {}, off() {}, exit() {} };

/**
 * Makes a model of a dataset, and publishes it as the next version of its name.
 * @param digest of the dataset
 * @returns the report, and a table of the neurons
 * @throws InputError naming what cannot be used; TrainingFailed where every neuron stopped
 */
export async function runTrainJob(
  digest: string,
  request: TrainRequest,
  context: DataJobContext,
): Promise<JobFile[]> {
  const { name, epochs, seed, members, loss, select, neurons } = request;
  const { work, log, onProgress } = context;
  const from =
    request.from &&
    warmStart(await openFirstModel(request.from, context), request.from.fit, 'request');
  const recipe = request.recipe ?? recipeOf(from!.model.card);
  await mkdir(work, { recursive: true });
  const curves = await openCurves(work);
  const machine: Machine = {
    signals: NO_SIGNALS,
    stream: {
      isTTY: false,
      write(text) {
        log(String(text).trimEnd());
        return true;
      },
    },
    memory: currentMemory,
    freeDisk,
    clock: () => performance.now() / 1000,
    onProgress(progress) {
      const { stages, stage, population, report } = progress;
      curves.add(progress);
      onProgress({
        done: countStepsDone(stages, stage, population, report),
        total: countAllSteps(stages),
        preview: () => JSON.stringify(curves.current),
      });
    },
  };
  const { site, repeats, trainingTrials, unit, degreesPerImage } = await openData(
    {
      data: context.datasetFolder(digest),
      onlyTrials: request.trials === 'alone',
      withoutTrials: request.trials === 'none',
    },
    { ...request, neurons: neurons ?? null },
  );
  try {
    for (const warning of site.warnings) log(`warning: ${warning}`);
    const trained = await trainModel(
      {
        ...{ site, repeats, trainingTrials, recipe, epochs, seed, members, loss, select },
        degreesPerImage,
        backend: await openTrainingBackend('auto'),
        unit: unit ?? 'as recorded',
        responses: chosenResponses({ ...request, recipe }),
        neurons,
        from,
        freeze: 'published',
        chunk: undefined,
        shard: undefined,
        resume: true,
        wait: true,
        out: path.join(work, 'models', name),
      },
      machine,
    );
    const published = await publishNext(trained.saved, path.join(work, 'published'), context);
    const { version } = published.card;
    log(`published ${name}/${version}, digest ${published.digest}`);
    const report: TrainReport = {
      model: { name, version, digest: published.digest },
      seconds: trained.seconds,
      neurons: published.card.neurons,
      curves: curves.current.curves,
    };
    return [reportFile(report), neuronsFile(report)];
  } finally {
    await site.close();
  }
}

/** `neurons.csv`: how well each neuron is predicted; empty where that is undefined. */
function neuronsFile({ neurons }: TrainReport): JobFile {
  const names = ['id', 'CORR', 'PT_J', 'PT_S', 'noiseCeiling', 'keptEpoch'] as const;
  const rows = neurons.map((neuron) => names.map((name) => neuron[name]));
  return { name: 'neurons.csv', bytes: Buffer.from(encodeCsv([names, ...rows])) };
}
