import { mkdir, readdir, readFile, rm } from 'node:fs/promises';
import path from 'node:path';
import type { Logger } from 'pino';
import { parseAs, parseJson } from '../formats/json.js';
import { InputError } from '../input-error.js';
import { sha256, writeWhole } from '../whole-file.js';
import { ResultDamagedError } from './errors.js';
import { JobId, JobRecord, type Part, PartName } from './record.js';

/** One file of a result. */
export interface ResultFile {
  readonly name: string;
  readonly bytes: Uint8Array;
}

/** Jobs on disk: `{id}.json`, and the files of a result in `{id}/`. */
export interface JobFiles {
  /** Those that can be read. */
  readAll(): Promise<JobRecord[]>;
  save(record: JobRecord): Promise<void>;
  /** The result counts only once the record that names it has been saved. */
  writeResult(id: string, files: readonly ResultFile[]): Promise<Part[]>;
  /** @throws ResultDamagedError when it is not what was written */
  readPart(id: string, part: Part): Promise<Uint8Array<ArrayBuffer>>;
  dropResult(id: string): Promise<void>;
  remove(id: string): Promise<void>;
}

/**
 * Opens the folder of one service's jobs, made where it is not there, and clears away what a process
 * that was killed left half written.
 * @throws Error from the file system when the folder cannot be written
 */
export async function openJobFiles(folder: string, logger: Logger): Promise<JobFiles> {
  await mkdir(folder, { recursive: true });
  const names = new Set(await readdir(folder));
  for (const name of names) {
    const leftOver = JobId.safeParse(name).success && !names.has(`${name}.json`);
    if (leftOver || name.endsWith('.writing')) await drop(path.join(folder, name));
  }
  const recordOf = (id: string) => path.join(folder, `${id}.json`);
  const resultOf = (id: string) => path.join(folder, id);

  return {
    async readAll() {
      const records: JobRecord[] = [];
      for (const name of await readdir(folder)) {
        const id = name.slice(0, -'.json'.length);
        if (name !== `${id}.json` || !JobId.safeParse(id).success) continue;
        try {
          records.push(parseAs(JobRecord, parseJson(await readFile(recordOf(id))), ''));
        } catch (err) {
          if (!(err instanceof InputError)) throw err;
          logger.error({ job: id, err }, 'a stored job cannot be read and is left out');
        }
      }
      return records;
    },
    save: (record) => writeWhole(recordOf(record.id), JSON.stringify(record)),
    async writeResult(id, files) {
      await mkdir(resultOf(id));
      const parts: Part[] = [];
      for (const { name, bytes } of files) {
        await writeWhole(path.join(resultOf(id), PartName.parse(name)), bytes);
        parts.push({ name, bytes: bytes.length, sha256: sha256(bytes) });
      }
      return parts;
    },
    async readPart(id, part) {
      try {
        const bytes = new Uint8Array(await readFile(path.join(resultOf(id), part.name)));
        if (sha256(bytes) === part.sha256) return bytes;
      } catch (cause) {
        throw new ResultDamagedError(`${part.name} of job ${id} cannot be read`, { cause });
      }
      throw new ResultDamagedError(`${part.name} of job ${id} is damaged`);
    },
    dropResult: (id) => drop(resultOf(id)),
    async remove(id) {
      await drop(recordOf(id)); // first: without it the result is nobody's
      await drop(resultOf(id));
    },
  };
}

function drop(name: string): Promise<void> {
  return rm(name, { recursive: true, force: true });
}
