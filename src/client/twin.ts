import { decodeNpy, type NpyArray } from '../formats/npy.js';
import { type Images, imagesBody } from './images.js';
import { createJob, type Job, type WaitOptions } from './job.js';
import { accepted } from './problem.js';
import type { Answers, Routes, Sender } from './routes.js';
import { openStream, type Stream, type StreamOptions } from './stream.js';

/** What identifies the numbers of an answer. */
export interface Provenance {
  readonly model: string;
  readonly version: number;
  /** Of the model. */
  readonly digest: string;
  readonly neurons: readonly number[];
  /** Of the stimuli, and what is to be known of them. */
  readonly warnings: readonly unknown[];
  readonly requestId: string | null;
}

export interface Responses {
  /** Row-major [images, neurons], in the unit of the recording. */
  readonly values: Float32Array;
  readonly shape: readonly [images: number, neurons: number];
  /** The standard deviation of an ensemble's members, where it was asked for. */
  readonly spread: Float32Array | null;
  readonly provenance: Provenance;
}

export interface RespondOptions {
  /** Ids; all by default. */
  readonly neurons?: readonly number[];
  readonly spread?: boolean;
  /** What becomes of images of another size. */
  readonly fit?: 'resize' | 'crop' | 'stretch';
  /** Milliseconds after which an answer is of no use: then there is none. */
  readonly deadline?: number;
  readonly signal?: AbortSignal;
}

export interface TuningOptions {
  readonly neurons?: readonly number[];
  /** Of the parameter; by default those of the usual experiment. */
  readonly values?: readonly number[];
  /** A second parameter, swept at every value of the first. */
  readonly second?: string;
  readonly secondValues?: readonly number[];
  /** The kind of stimulus and its fixed parameters, such as `{ grating: { diameter: 20 } }`. */
  readonly stimulus?: Readonly<Record<string, unknown>>;
}

/** Options of a job as the service names them, the neurons, and what is to be called while it runs. */
export interface JobOptions extends WaitOptions {
  readonly neurons?: readonly number[];
  readonly options?: Readonly<Record<string, unknown>>;
}

export interface PreferredStimuli {
  readonly answer: Answers['preferredStimuli'];
  /** Float32 [neurons, restarts, height, width], 0..1, in colour with 3 channels behind. */
  readonly images: NpyArray;
}

/** A model of the service, by one version. */
export interface Twin {
  readonly card: Answers['card'];
  /** Predicts the responses of neurons to images. @throws Problem */
  respond(images: Images, options?: RespondOptions): Promise<Responses>;
  /** Measures tuning curves along one or two parameters of a stimulus. @throws Problem */
  tuning(parameter: string, options?: TuningOptions): Promise<Answers['tuning']>;
  /** Measures all characteristics of neurons. @returns a table in CSV, a row for each neuron @throws Problem, JobFailed */
  characterize(options?: JobOptions): Promise<string>;
  /** Searches images that raise the responses of neurons. @throws Problem, JobFailed */
  preferredStimulus(options?: JobOptions): Promise<PreferredStimuli>;
  /** Starts a job and does not wait for it. @throws Problem */
  start(
    kind: 'characterize' | 'preferred-stimulus',
    request?: Readonly<Record<string, unknown>>,
  ): Promise<Job>;
  /** Opens a stream for a closed loop: one image in, one answer out, in order. @throws Problem */
  stream(options?: StreamOptions): Promise<Stream>;
}

export interface TwinDependencies extends Sender {
  readonly routes: Routes;
  readonly key: string | undefined;
}

export function createTwin(
  { origin, send, routes, key }: TwinDependencies,
  card: Answers['card'],
): Twin {
  const param = { model: card.name, version: String(card.version) };
  const address = `${origin}/v1/models/${encodeURIComponent(card.name)}/versions/${card.version}`;
  const route = routes.v1.models[':model'].versions[':version'];

  async function start(
    kind: string,
    request: Readonly<Record<string, unknown>> = {},
  ): Promise<Job> {
    const answer = await accepted(
      send(`${address}/${kind}`, {
        method: 'POST',
        headers: { 'Content-Type': 'application/json' },
        body: JSON.stringify(request),
      }),
    );
    return createJob({ origin, send }, (await answer.json()) as Answers['job']);
  }

  async function finish(kind: string, { neurons, options, ...wait }: JobOptions): Promise<Job> {
    const job = await start(kind, { ...options, ...(neurons && { neurons: neurons.join(',') }) });
    await job.wait(wait);
    return job;
  }

  return {
    card,
    start,
    async respond(images, { neurons, spread = false, fit, deadline, signal } = {}) {
      const query = new URLSearchParams({
        ...(neurons && { neurons: neurons.join(',') }),
        ...(spread && { spread: 'true' }),
        ...(fit && { fit }),
      });
      const { body, type } = imagesBody(images);
      const answer = await accepted(
        send(`${address}/responses?${query}`, {
          method: 'POST',
          body,
          headers: {
            'Content-Type': type,
            Accept: 'application/x-npy',
            ...(deadline !== undefined && { 'X-Deadline-Ms': String(deadline) }),
          },
          ...(signal && { signal }),
        }),
      );
      const asked = neurons ?? card.neurons.map(({ id }) => id);
      const { shape, data } = decodeNpy(new Uint8Array(await answer.arrayBuffer()));
      const values = Float32Array.from(data);
      const count = shape.at(-2)! * shape.at(-1)!;
      return {
        values: values.subarray(0, count),
        shape: [shape.at(-2)!, shape.at(-1)!],
        spread: spread ? values.subarray(count) : null,
        provenance: {
          ...{ model: card.name, version: card.version, digest: card.digest, neurons: asked },
          warnings: JSON.parse(answer.headers.get('X-Stimulus-Warnings') ?? '[]') as unknown[],
          requestId: answer.headers.get('X-Request-Id'),
        },
      };
    },
    async tuning(parameter, { neurons, values, second, secondValues, stimulus } = {}) {
      const json = {
        parameter,
        ...(neurons && { neurons: [...neurons] }),
        ...(values && { values: [...values] }),
        ...(second !== undefined && { second }),
        ...(secondValues && { secondValues: [...secondValues] }),
        ...(stimulus && { stimulus }),
      };
      const answer = await accepted(route.tuning.parametric.$post({ param, json }));
      return await answer.json();
    },
    async characterize(options = {}) {
      const job = await finish('characterize', options);
      const table = job.record.result.find(({ name }) => name.endsWith('.csv'));
      return (await job.result(table!.name)).text();
    },
    async preferredStimulus(options = {}) {
      const job = await finish('preferred-stimulus', options);
      const answer = await job.result('preferred-stimuli.json');
      const images = await job.result('preferred-stimuli.npy');
      return {
        answer: (await answer.json()) as Answers['preferredStimuli'],
        images: decodeNpy(new Uint8Array(await images.arrayBuffer())),
      };
    },
    stream: (options) => openStream({ origin, send, key, card }, options),
  };
}
