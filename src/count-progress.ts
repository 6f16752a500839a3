import { Presets, SingleBar } from 'cli-progress';

/** Counts what is done so far. */
export type CountProgress = (done: number, total: number) => void;

/**
 * A bar on a terminal; elsewhere, such as in a log, a line at every tenth of the work.
 * @param noun what is counted
 */
export function createCountProgress(
  noun: string,
  stream: NodeJS.WriteStream,
): { readonly report: CountProgress; readonly stop: () => void } {
  if (!stream.isTTY) {
    let tenths = 0;
    return {
      report(done, total) {
        const now = Math.floor((10 * done) / total);
        if (now > tenths) stream.write(`${noun} ${done} of ${total}\n`);
        tenths = now;
      },
      stop() {},
    };
  }
  const format = `${noun} {bar} {value}/{total}, {eta_formatted} left`;
  // work that never yields would leave a handler for Ctrl-C nothing but to keep the program alive
  const bar = new SingleBar(
    { stream, format, gracefulExit: false, linewrap: true },
    Presets.shades_classic,
  );
  let started = false;
  return {
    report(done, total) {
      if (!started) bar.start(total, 0);
      started = true;
      bar.update(done);
    },
    stop: () => bar.stop(),
  };
}
