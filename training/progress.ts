import { Presets, SingleBar } from 'cli-progress';
import type { TrainingReport } from './population.js';

export interface ProgressDisplay {
  /** @param population which population of how many is being trained, from 0 */
  report(population: number, progress: TrainingReport): void;
  stop(): void;
}

/** A bar with loss, CORR and time left on a terminal; a line for each epoch everywhere. */
export function createProgressDisplay(
  populations: number,
  epochs: number,
  stream: NodeJS.WriteStream,
): ProgressDisplay {
  const format =
    'epoch {epoch}/{epochs} {bar} {percentage}%  loss {loss}  CORR {corr}  {eta_formatted} left';
  const bar = stream.isTTY
    ? // its own handler for Ctrl-C would keep the program from ending
      new SingleBar(
        { stream, format, etaBuffer: 100, gracefulExit: false, linewrap: true },
        Presets.shades_classic,
      )
    : undefined;
  const started = performance.now();
  let corr = '-';
  return {
    report(population, { epoch, batches, batchesPerEpoch, loss, fits }) {
      const total = populations * epochs * batchesPerEpoch;
      const done = (population * epochs + epoch - 1) * batchesPerEpoch + batches;
      if (done === 1) bar?.start(total, 0, { epoch, epochs, loss: '-', corr });
      if (fits) corr = meanCorr(fits);
      bar?.update(done, { epoch, epochs, loss: loss.toFixed(4), corr });
      if (!fits || bar) return;
      const seconds = (performance.now() - started) / 1000;
      const left = Math.round((seconds / done) * (total - done));
      const part = populations > 1 ? `population ${population + 1}/${populations}, ` : '';
      stream.write(
        `${part}epoch ${epoch}/${epochs}: loss ${loss.toFixed(4)}, CORR ${corr}, ${left} s left\n`,
      );
    },
    stop() {
      bar?.stop();
    },
  };
}

function meanCorr(fits: NonNullable<TrainingReport['fits']>): string {
  const known = fits.flatMap(({ CORR }) => (CORR === null ? [] : [CORR]));
  if (known.length === 0) return 'undefined';
  return (known.reduce((a, b) => a + b, 0) / known.length).toFixed(3);
}
