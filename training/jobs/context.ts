import type { ExpectedSeconds } from '../../src/datasets/expected-times.js';
import type { RecordingFile } from '../../src/datasets/recording.js';
import type { AskedModel } from '../../src/models/find-version.js';
import type { ModelPlace } from '../../src/models/publish-next.js';
import type { SavedModel } from '../../src/models/saved-model.js';

/** A recording whose bytes are all there. */
export interface WholeRecording {
  /** Its file, or the folder of its files. */
  readonly place: string;
  readonly files: readonly (RecordingFile & { readonly path: string })[];
}

/** What a job that is of data runs with. */
export interface DataJobContext extends ModelPlace {
  /** @throws InputError when there is none, or not all of it */
  readonly openRecording: (digest: string) => Promise<WholeRecording>;
  /** @throws StoreFullError when a dataset of so many bytes would be too many */
  readonly checkRoom: (bytes: number) => Promise<void>;
  /** The folder of a dataset, or where it is to be. */
  readonly datasetFolder: (digest: string) => string;
  /** Keeps how long each recipe would train all neurons of a dataset on this machine. */
  readonly keepTimes: (digest: string, seconds: ExpectedSeconds) => Promise<void>;
  /** Opens a saved model, the latest version where none is named. @throws InputError when there is none */
  readonly openModel: (model: AskedModel) => Promise<SavedModel>;
  /** The folder for what the job keeps until it is over; an earlier run of the job may have left files there. */
  readonly work: string;
  readonly onProgress: (progress: JobStep) => void;
  readonly log: (line: string) => void;
}

/** How far a job has come. */
export interface JobStep {
  readonly done: number;
  readonly total: number;
  /** JSON of what there is so far. */
  readonly preview?: () => string;
}

/** A file of a result. */
export interface JobFile {
  readonly name: string;
  readonly bytes: Uint8Array;
}

/** `report.json` of a result. */
export function reportFile(report: unknown): JobFile {
  return { name: 'report.json', bytes: Buffer.from(`${JSON.stringify(report)}\n`) };
}
