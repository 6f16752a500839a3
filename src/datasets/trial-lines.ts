import { constants, mkdir, open } from 'node:fs/promises';
import path from 'node:path';
import { InputError, StoreFullError } from '../errors.js';
import { onDisk, unless } from '../files/disk-error.js';
import { openFile, sha256, syncFile } from '../files/whole-file.js';
import { Trial } from './trial.js';

/** A line of the log. */
export interface TrialLine {
  readonly trial: Trial;
  /** SHA-256 of the trial as it is in the line. */
  readonly sha256: string;
}

/** What a reading of the log found that was not there before. */
export interface NewLines {
  readonly lines: readonly TrialLine[];
  /** Numbers, from 1, of lines that are incomplete or damaged. */
  readonly damaged: readonly number[];
}

/** The file of the trials: a line of JSON for each, which only grows. Several processes may append to it. */
export interface TrialLines {
  /** Reads what has been added since the last reading. */
  readNew(): Promise<NewLines>;
  /** Resolves when the lines are on the disk. @throws StoreFullError where the file would be too large to be read */
  append(lines: readonly TrialLine[]): Promise<void>;
}

/** Bytes of the largest log. */
const MAX_LOG_BYTES = 2 ** 28;

const APPEND = constants.O_WRONLY | constants.O_APPEND | constants.O_CREAT | constants.O_NOFOLLOW;
const NEWLINE = 10;

/** The line of a trial, whose fields have the order of the schema. */
export function trialLine(given: Trial): TrialLine {
  const trial = Trial.parse(given);
  return { trial, sha256: sha256(JSON.stringify(trial)) };
}

/**
 * @param file need not be there yet
 * @param maxBytes of the file
 */
export function openTrialLines(file: string, maxBytes = MAX_LOG_BYTES): TrialLines {
  /** Bytes that have been read, and the lines in them. */
  let [read, count] = [0, 0];
  /** Whether the file ends within a line, because a process was killed while it wrote that line. */
  let isTorn = false;
  return {
    async readNew() {
      const bytes = await readFrom(file, read, maxBytes);
      const end = bytes.lastIndexOf(NEWLINE) + 1;
      isTorn = end < bytes.length;
      const texts =
        end === 0
          ? []
          : bytes
              .subarray(0, end - 1)
              .toString()
              .split('\n');
      const parsed = texts.map(parseLine);
      const first = count + 1;
      [read, count] = [read + end, count + texts.length];
      return {
        lines: parsed.filter((line) => line !== undefined),
        damaged: [
          ...parsed.flatMap((line, i) => (line === undefined ? [first + i] : [])),
          ...(isTorn ? [count + 1] : []),
        ],
      };
    },

    async append(lines) {
      // A line that was left unfinished is ended, so that it takes no other with it.
      const text = Buffer.from(lines.map((line) => `${JSON.stringify(line)}\n`).join(''));
      await onDisk('the trials cannot be saved', async () => {
        // Nothing is made where the dataset has been deleted.
        await mkdir(path.dirname(file)).catch(unless('EEXIST'));
        const handle = await open(file, APPEND);
        try {
          const { size } = await handle.stat();
          if (size + text.length + 1 > maxBytes) {
            throw new StoreFullError(
              `the trials of the dataset take too many bytes: more than ${maxBytes}; expected at most that: ` +
                'make a new dataset',
            );
          }
          await handle.appendFile(isTorn ? Buffer.concat([Buffer.from('\n'), text]) : text);
          await handle.sync();
        } finally {
          await handle.close();
        }
        await syncFile(path.dirname(file)); // its name
      });
    },
  };
}

/**
 * The bytes of a file from a place on; none where there is no file.
 * @throws InputError where it is shorter than that, or larger than a log may be
 */
async function readFrom(file: string, begin: number, maxBytes: number): Promise<Buffer> {
  const handle = await openFile(file).catch(unless('ENOENT'));
  const size = handle === undefined ? 0 : (await handle.stat()).size;
  try {
    if (size < begin) {
      throw new InputError(
        `${path.basename(file)} became shorter: ${size} bytes; expected at least ${begin}`,
      );
    }
    if (size > maxBytes) {
      throw new InputError(
        `${path.basename(file)} is too large: ${size} bytes; expected at most ${maxBytes}`,
      );
    }
    const bytes = Buffer.alloc(size - begin);
    let length = 0;
    for (let part = 1; part > 0 && length < bytes.length; length += part) {
      part = (await handle!.read(bytes, length, bytes.length - length, begin + length)).bytesRead;
    }
    return bytes.subarray(0, length);
  } finally {
    await handle?.close();
  }
}

function parseLine(text: string): TrialLine | undefined {
  try {
    const { trial, sha256: expected } = JSON.parse(text);
    const line = trialLine(trial);
    return line.sha256 === expected ? line : undefined;
  } catch {
    return undefined;
  }
}
