import { InputError } from '../../../src/errors.js';
import { findDataset, numberAttribute, readNumbers } from '../hdf5/find.js';
import type { Hdf5File } from '../hdf5/open-hdf5.js';

/**
 * Seconds of each sample of a TimeSeries: its timestamps, or its starting time and rate.
 * @param samples that it has
 * @throws InputError where it has none, or those of another number of samples
 */
export async function readTimes(
  file: Hdf5File,
  series: string,
  samples: number,
): Promise<Float64Array> {
  const timestamps = findDataset(file, `${series}/timestamps`);
  if (timestamps) {
    rejectOtherCount(series, samples, timestamps.shape[0] ?? 0);
    return Float64Array.from(await readNumbers(file, timestamps));
  }
  const start = findDataset(file, `${series}/starting_time`);
  const rate = numberAttribute(start, 'rate');
  if (!start || rate === undefined || !(rate > 0)) {
    throw new InputError(
      `${series} has no times; expected timestamps, or starting_time with a rate above 0`,
    );
  }
  const [first = 0] = await readNumbers(file, start);
  return Float64Array.from({ length: samples }, (_, sample) => first + sample / rate);
}

/** Checks the number of timestamps without reading them. */
export function rejectUntimed(file: Hdf5File, series: string, samples: number): void {
  const timestamps = findDataset(file, `${series}/timestamps`);
  if (timestamps) rejectOtherCount(series, samples, timestamps.shape[0] ?? 0);
  else if (!findDataset(file, `${series}/starting_time`)) {
    throw new InputError(`${series} has no times; expected timestamps, or starting_time`);
  }
}

function rejectOtherCount(series: string, samples: number, times: number): void {
  if (times === samples) return;
  throw new InputError(
    `${series} has ${samples} samples and ${times} timestamps; expected as many`,
  );
}
