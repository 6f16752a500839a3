export type { ClockReading } from './clock.js';
export { type ConnectOptions, connect, type Service } from './connect.js';
export type { Images, PixelArray, RenderedStimulus } from './images.js';
export { type Job, JobFailed, type WaitOptions } from './job.js';
export { Problem } from './problem.js';
export type { Answers, Routes } from './routes.js';
export type { Reply, Stream, StreamOptions } from './stream.js';
export type {
  JobOptions,
  PreferredStimuli,
  Provenance,
  RespondOptions,
  Responses,
  TuningOptions,
  Twin,
} from './twin.js';
