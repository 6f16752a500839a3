import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { TrainingCurves } from '../../src/datasets/train-request.js';
import type { TrainingProgress } from '../run/model-request.js';
import { describePosition, meanCorr } from '../run/progress.js';
import { replaceFile } from '../run/replace-file.js';

type Curve = TrainingCurves['curves'][number];

/** The loss and the CORR of a training after each epoch, kept in a file. */
export interface Curves {
  /** What there is so far. */
  readonly current: TrainingCurves;
  /** Takes a report of the training; one after an epoch is in the file before the checkpoint of that epoch. */
  add(progress: TrainingProgress): void;
}

/** Opens the curves in a folder; those of an earlier run that was stopped go on. */
export async function openCurves(folder: string): Promise<Curves> {
  const file = path.join(folder, 'curves.json');
  // Without them, or with damaged ones, the training goes on.
  const curves: Curve[] = await readFile(file, 'utf8')
    .then((text) => TrainingCurves.parse(JSON.parse(text)).curves)
    .catch(() => []);
  let position = '';
  return {
    get current() {
      return { position, curves };
    },
    add({ stages, stage, population, report }) {
      position = describePosition(stages, stage, population, report);
      const { member, name, populations } = stages[stage]!;
      const before = stages.slice(0, stage).reduce((sum, each) => sum + each.populations.length, 0);
      const place = before + population;
      if (report.epoch === 1 && !report.fits) curves.length = Math.min(curves.length, place);
      if (!report.fits) return;
      curves[place] ??= {
        ...(member && { member: member.number }),
        ...{ recipe: name, neurons: populations[population]!, loss: [], CORR: [] },
      };
      const curve = curves[place];
      curve.loss.length = Math.min(curve.loss.length, report.epoch - 1);
      curve.CORR.length = curve.loss.length;
      curve.loss.push(Number.isFinite(report.loss) ? report.loss : null);
      curve.CORR.push(meanCorr(report.fits));
      replaceFile(file, JSON.stringify({ position, curves }));
    },
  };
}
