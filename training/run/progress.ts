import { Presets, SingleBar } from 'cli-progress';
import type { Fit } from './fit.js';
import type { TrainingReport } from './population.js';

/** A member of an ensemble. */
export interface MemberPlace {
  /** From 1. */
  readonly number: number;
  readonly of: number;
}

/** What is ahead: one recipe after another, each for one population of neurons after another. */
export interface StagePlan {
  /** Of an ensemble, whose members are trained one after another: which one. */
  readonly member?: MemberPlace | undefined;
  /** Name of the recipe. */
  readonly name: string;
  readonly epochs: number;
  readonly batchesPerEpoch: number;
  /** Neurons of each population. */
  readonly populations: readonly number[];
}

export interface ProgressDisplay {
  /**
   * @param stage which of the plan's, from 0
   * @param population which of the stage's, from 0
   */
  report(stage: number, population: number, progress: TrainingReport): void;
  /** Says something in between. */
  say(line: string): void;
  stop(): void;
}

/** Where progress is displayed: a bar needs the terminal whole. */
export type ProgressStream = Pick<NodeJS.WriteStream, 'isTTY' | 'write'>;

/** Where there is no terminal: seconds after which a line comes although no epoch has ended. */
const SILENCE = 60;

/**
 * A bar with loss, CORR and the time left of the whole on a terminal; elsewhere a line for each
 * epoch, and in long epochs for each minute.
 * @param clock in seconds
 */
export function createProgressDisplay(
  stages: readonly StagePlan[],
  stream: ProgressStream,
  clock: () => number,
): ProgressDisplay {
  const total = countAllSteps(stages);
  const bar = stream.isTTY ? createBar(stream as NodeJS.WriteStream) : undefined;
  const started = clock();
  let lastLine = started;
  let before: number | undefined;
  let corr = '-';
  return {
    report(stage, population, progress) {
      const { batches, batchesPerEpoch, fits } = progress;
      const plan = stages[stage]!;
      const done = countStepsDone(stages, stage, population, progress);
      // What was done before this process says nothing of the time left. It may begin after the last batch of an epoch.
      before ??= fits ? done : done - plan.populations[population]!;
      const now = clock();
      const left =
        done > before ? duration(((now - started) / (done - before)) * (total - done)) : undefined;
      if (fits) corr = meanCorr(fits)?.toFixed(3) ?? 'undefined';
      const loss = Number.isFinite(progress.loss) ? progress.loss.toFixed(4) : undefined;
      const where = describePosition(stages, stage, population, progress);
      if (bar) {
        const payload = { where, loss: loss ?? '-', corr, left: left ?? '-' };
        if (bar.isActive) bar.update(done, payload);
        else bar.start(total, done, payload);
      } else if (fits || (batches < batchesPerEpoch && now - lastLine >= SILENCE)) {
        const part = fits ? '' : `, batch ${batches}/${batchesPerEpoch}`;
        const figures = [
          ...(loss === undefined ? [] : [`loss ${loss}`]),
          `CORR ${corr}`,
          ...(left === undefined ? [] : [`${left} left`]),
        ];
        stream.write(`${where}${part}: ${figures.join(', ')}\n`);
        lastLine = now;
      }
    },
    say(line) {
      if (bar?.isActive) stream.write('\n');
      stream.write(`${line}\n`);
    },
    stop() {
      bar?.stop();
    },
  };
}

/** Formats seconds: `81 s`, `12 min`, `3 h 20 min`, `2 d 4 h`. */
export function duration(seconds: number): string {
  if (seconds < 100) return `${Math.round(seconds)} s`;
  const minutes = Math.round(seconds / 60);
  if (minutes < 100) return `${minutes} min`;
  const hours = Math.floor(minutes / 60);
  if (hours < 48) return `${hours} h ${minutes % 60} min`;
  return `${Math.floor(hours / 24)} d ${hours % 24} h`;
}

function createBar(stream: NodeJS.WriteStream): SingleBar {
  const format = '{where} {bar} {percentage}%  loss {loss}  CORR {corr}  {left} left';
  // its own handler for Ctrl-C would keep the program from ending
  return new SingleBar(
    { stream, format, gracefulExit: false, linewrap: true },
    Presets.shades_classic,
  );
}

/** Names the place in the plan: `member 2/5, stage 1/2 rf_cnn_30, population 2/3, epoch 4/50`. */
export function describePosition(
  stages: readonly StagePlan[],
  stage: number,
  population: number,
  { epoch }: Pick<TrainingReport, 'epoch'>,
): string {
  const { member, name, populations, epochs } = stages[stage]!;
  // those of one model
  const own = stages.filter((each) => each.member?.number === member?.number);
  const place = own.indexOf(stages[stage]!) + 1;
  return [
    ...(member ? [nameMember(member)] : []),
    ...(own.length > 1 ? [`stage ${place}/${own.length} ${name}`] : []),
    ...(populations.length > 1 ? [`population ${population + 1}/${populations.length}`] : []),
    `epoch ${epoch}/${epochs}`,
  ].join(', ');
}

/** Such as `member 2/5`. */
export function nameMember({ number, of }: MemberPlace): string {
  return `member ${number}/${of}`;
}

/** The work of all stages, in batches times neurons. */
export function countAllSteps(stages: readonly StagePlan[]): number {
  return stages.reduce((sum, stage) => sum + countSteps(stage), 0);
}

/** The work up to a report, in batches times neurons. */
export function countStepsDone(
  stages: readonly StagePlan[],
  stage: number,
  population: number,
  { epoch, batches, batchesPerEpoch }: TrainingReport,
): number {
  const inPopulation = (epoch - 1) * batchesPerEpoch + batches;
  return (
    workBefore(stages, stage, population) + stages[stage]!.populations[population]! * inPopulation
  );
}

/** In batches times neurons. */
function countSteps({ epochs, batchesPerEpoch, populations }: StagePlan): number {
  return epochs * batchesPerEpoch * populations.reduce((sum, neurons) => sum + neurons, 0);
}

function workBefore(stages: readonly StagePlan[], stage: number, population: number): number {
  const { populations, ...plan } = stages[stage]!;
  const earlier = { ...plan, populations: populations.slice(0, population) };
  return countAllSteps([...stages.slice(0, stage), earlier]);
}

/** The mean over the neurons whose CORR is defined; null where there are none. */
export function meanCorr(fits: readonly Pick<Fit, 'CORR'>[]): number | null {
  const known = fits.flatMap(({ CORR }) => (CORR === null ? [] : [CORR]));
  if (known.length === 0) return null;
  return known.reduce((a, b) => a + b, 0) / known.length;
}
