import { readNamed } from '../../src/files/whole-file.js';
import { parseAs, parseJson } from '../../src/formats/json.js';
import { Monitor } from '../../src/stimulus/colour/monitor.js';
import { withSubject } from '../import/named-error.js';

/** Bytes of the largest file that is read. */
const MAX_BYTES = 2 ** 16;

/**
 * Reads what a file says of the monitor that showed the images of a recording.
 * @throws InputError naming the file and what is wrong with it
 * @example
 * const { red } = await readMonitor('monitor.json');
 */
export async function readMonitor(file: string): Promise<Monitor> {
  return await withSubject(`--monitor ${file}:`, async () => {
    const bytes = await readNamed(file, MAX_BYTES);
    return parseAs(Monitor, parseJson(bytes, 'it'), '', { name: 'the monitor' });
  });
}
