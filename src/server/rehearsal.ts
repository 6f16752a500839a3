import { once } from 'node:events';
import { Agent, request } from 'node:http';
import { Registry } from 'prom-client';
import { WebSocket } from 'ws';
import { encodeNpy } from '../formats/npy.js';
import { frameBytes } from '../formats/stream-frames.js';
import type { ModelRepository, ServedModel } from '../inference/catalogue.js';
import { createModelRepository } from '../inference/model-repository.js';
import { createScheduler, type SchedulerOptions } from '../inference/scheduler.js';
import type { ModelSource } from '../models/model-source.js';
import { imageAxes, imageLength } from '../stimulus/stimuli.js';
import { NO_TRACER } from '../tracing/tracer.js';
import { createApp } from './app.js';
import { listen } from './listen.js';
import { createMetrics } from './metrics/metrics.js';
import { createStoreMetrics } from './metrics/store-metrics.js';
import { createOwnLimits } from './middleware/rate-limits.js';
import type { AppDependencies, Service } from './service.js';
import { createStreams } from './stream/streams.js';

/** How often each kind of request is sent: the first one takes 20 ms, the twelfth little more than later ones. */
const TIMES = 12;
/** How often it is sent to the engine, after the others. */
const TIMES_WITH_ENGINE = 3;
/** Milliseconds after which no more are sent. */
const ENOUGH = 300;
const NPY = 'application/x-npy';

export interface RehearsalOptions {
  readonly scheduling: SchedulerOptions;
  readonly source: ModelSource;
  readonly loaded: Promise<void>;
}

interface Sending {
  readonly scheduling: SchedulerOptions;
  readonly times: number;
  readonly isOver: () => boolean;
}

/** An engine of any model. */
const ZEROS: SchedulerOptions['engine'] = {
  respond: async ({ stimuli, neurons }) => new Float32Array(stimuli.count * neurons.length),
};

/**
 * Answers some requests over HTTP and on a stream before clients can send any, because code that runs for the first time
 * is slow. They are sent over a port of their own to a copy of the app, so that no log, metric or limit counts them.
 * Most are sent while the models are loaded, to an engine that answers zeros.
 * @param scheduling of the copy
 * @param source of the models
 * @param loaded resolves when they are loaded
 * @returns afterwards; without having sent any where there is no model
 * @throws Error where an answer is no success, or no port can be opened
 */
export async function rehearse(
  parts: AppDependencies,
  service: Service,
  { scheduling, source, loaded }: RehearsalOptions,
): Promise<void> {
  let isLoaded = false;
  const pretended = pretendFirstModel(parts, source).then((catalogue) =>
    sendRequests(
      parts,
      { ...service, catalogue },
      {
        scheduling: { ...scheduling, engine: ZEROS },
        times: TIMES,
        isOver: () => isLoaded,
      },
    ),
  );
  // It may still be reading a card when the models are loaded, and is not waited for.
  pretended.catch(() => undefined);
  const ended = loaded.catch(() => undefined); // who waits for the models reports it
  await Promise.race([pretended, ended]);
  await ended;
  isLoaded = true;
  const isOver = () => false;
  await sendRequests(parts, service, { scheduling, times: TIMES_WITH_ENGINE, isOver });
}

/** The first model of a source, which no engine has loaded. */
async function pretendFirstModel(
  { logger, clock }: AppDependencies,
  source: ModelSource,
): Promise<ModelRepository> {
  const catalogue = createModelRepository({
    source: {
      ...source,
      list: async () => {
        const listing = await source.list();
        return { ...listing, versions: listing.versions.slice(0, 1), broken: [], unreadable: [] };
      },
      localFolder: async ({ name }) => name,
    },
    engine: { load: async () => {}, unload: async () => {} },
    logger: logger.child({}, { level: 'silent' }),
    clock,
  });
  await catalogue.reload();
  return catalogue;
}

async function sendRequests(
  parts: AppDependencies,
  service: Service,
  { scheduling, times, isOver }: Sending,
): Promise<void> {
  const { catalogue } = service;
  const model = catalogue.served.find((each) => catalogue.isLoaded(each));
  if (model === undefined) return;
  const { clock } = parts;
  const app = createApp(copyOf(parts, { ...service, scheduler: createScheduler(scheduling) }));
  const server = await listen(app, { host: '127.0.0.1', port: 0 });
  const agent = new Agent({ keepAlive: true, maxSockets: 1 });
  const begun = clock();
  const repeat = async (send: () => Promise<void>) => {
    for (let i = 0; i < times && clock() - begun < ENOUGH && !isOver(); i++) await send();
  };
  const { height, width, channels } = model.card.stimulus;
  const place = `${server.url}/v1/models/${model.name}/versions/${model.version}`;
  const neurons = `neurons=${model.card.neurons[0]!.id}`;
  try {
    const image = { height, width, channels };
    const body = encodeNpy(new Uint8Array(imageLength(image)).fill(128), imageAxes(image));
    for (const accept of [NPY, 'application/json']) {
      await repeat(() => post(`${place}/responses?${neurons}`, { agent, body, accept }));
    }
    await rehearseStream(
      `${place.replace('http', 'ws')}/stream?dtype=uint8&${neurons}`,
      model,
      repeat,
    );
  } finally {
    agent.destroy();
    // This takes 0.1 s, for which the start does not wait.
    server.close().catch(() => undefined);
  }
}

function copyOf(parts: AppDependencies, service: Service): AppDependencies {
  const { clock, cut } = parts;
  const registry = new Registry();
  const metrics = createMetrics(registry, () => 0);
  const logger = parts.logger.child({}, { level: 'silent' });
  const quiet = { metrics, logger, tracer: NO_TRACER };
  const clockStart = performance.timeOrigin;
  return {
    ...parts,
    ...quiet,
    readiness: () => ({ state: 'ready', service }),
    access: { keys: undefined, maxConcurrent: 1, origins: [], localOnly: true },
    rateLimits: createOwnLimits(clock),
    sharedAnswers: undefined,
    storeMetrics: createStoreMetrics(registry, () => 0),
    streams: createStreams({ ...quiet, most: 1, closing: () => false, cut, clock, clockStart }),
  };
}

interface Posted {
  readonly agent: Agent;
  readonly body: Uint8Array;
  readonly accept: string;
}

async function post(url: string, { agent, body, accept }: Posted): Promise<void> {
  const headers = { 'Content-Type': NPY, 'Content-Length': body.length, Accept: accept };
  const [answer] = await once(
    request(url, { agent, method: 'POST', headers }).end(body),
    'response',
  );
  answer.resume();
  await once(answer, 'end');
  if (answer.statusCode !== 200) throw new Error(`a request was answered ${answer.statusCode}`);
}

async function rehearseStream(
  url: string,
  { card: { stimulus } }: ServedModel,
  repeat: (send: () => Promise<void>) => Promise<void>,
): Promise<void> {
  const socket = new WebSocket(url, { perMessageDeflate: false });
  const end = new AbortController();
  socket.once('close', (code) => end.abort(new Error(`a stream was closed with ${code}`)));
  const answered = () => once(socket, 'message', { signal: end.signal });
  await answered();
  const frame = new Uint8Array(frameBytes(stimulus, 'uint8'));
  await repeat(async () => {
    socket.send(frame);
    await answered();
  });
  socket.close();
  await once(socket, 'close');
}
