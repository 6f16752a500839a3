import { Counter, Gauge, Histogram, type Registry } from 'prom-client';
import type { FrameTimes } from '../../formats/stream-frames.js';
import type { Catalogue } from '../../inference/catalogue.js';
import { createStatistics, type ModelStatistics, type Stage } from './statistics.js';

/** The metrics of the service. */
export interface Metrics {
  /** The registry's text, as Prometheus reads it. */
  readonly text: () => Promise<{ readonly contentType: string; readonly body: string }>;
  /** `seconds` has the stages that the request went through. */
  readonly request: (request: {
    readonly route: string;
    readonly method: string;
    readonly status: number;
    readonly seconds: Readonly<Partial<Record<Stage | 'total', number>>>;
    /** The model, where responses were requested. */
    readonly digest?: string | undefined;
    readonly stimuli?: number | undefined;
  }) => void;
  /** Counts a frame of a stream by its status, which is one of HTTP. */
  readonly frame: (status: number, times: FrameTimes) => void;
  /** How many streams are open. */
  readonly streams: (open: number) => void;
  readonly batch: (stimuli: number, digest: string, seconds: number) => void;
  /** Requests to a model so far. */
  readonly statistics: (digest: string) => ModelStatistics;
  readonly deadlineMiss: () => void;
  readonly engineRestart: () => void;
  readonly connectionDrop: () => void;
  /** Takes note that the catalogue, which is read at every scrape, has changed. */
  readonly models: (catalogue: Catalogue) => void;
}

const SECONDS = [
  0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30,
];
/** The route under which the frames of all streams are counted. */
const STREAM_ROUTE = '/v1/models/:model/stream';
const STIMULI = [1, 2, 4, 8, 16, 32, 64, 128, 256];

/**
 * Registers the service's metrics, in base units and with bounded labels: routes as patterns, never
 * a request, stimulus or neuron.
 * @param queueDepth stimuli waiting, read at every scrape
 */
export function createMetrics(registry: Registry, queueDepth: () => number): Metrics {
  const registers = [registry];
  const statistics = createStatistics(Date.now);
  const counter = (name: string, help: string, labelNames: string[] = []) =>
    new Counter({ name: `hypercolumn_${name}_total`, help, labelNames, registers });
  const requests = counter('http_requests', 'Requests answered', ['route', 'method', 'status']);
  const seconds = (name: string, help: string, labelNames: string[] = []) =>
    new Histogram({
      name: `hypercolumn_${name}_seconds`,
      help,
      labelNames,
      buckets: SECONDS,
      registers,
    });
  const stages = {
    decode: seconds('decode', 'Reading stimuli from a request body'),
    loading: seconds('loading', 'Waiting for a model to be loaded, of requests that had to'),
    queue: seconds('queue', 'Waiting for the engine'),
    infer: seconds('infer', 'At the engine'),
    encode: seconds('encode', 'Writing the answer'),
    total: seconds('http_request', 'From the arrival of a request to its answer'),
  };
  const answers = seconds(
    'answer',
    "From the arrival of stimuli to a model's answer, by the route; of a stream's frames too",
    ['route'],
  );
  const batchSize = new Histogram({
    name: 'hypercolumn_batch_size',
    help: 'Stimuli in one batch of the engine',
    buckets: STIMULI,
    registers,
  });
  new Gauge({
    name: 'hypercolumn_queue_depth',
    help: 'Stimuli that wait for the engine, those at it included',
    registers,
    collect() {
      this.set(queueDepth());
    },
  });
  const deadlineMisses = counter(
    'deadline_misses',
    'Requests rejected because their deadline had passed',
  );
  const engineRestarts = counter(
    'engine_restarts',
    'Times the inference process was started again',
  );
  const streams = new Gauge({
    name: 'hypercolumn_streams_open',
    help: 'Streams that are open',
    registers,
  });
  const frames = counter('stream_frames', 'Frames of streams answered', ['status']);
  const connectionDrops = counter(
    'connections_dropped',
    'Connections beyond MAX_CONNECTIONS or MAX_CONNECTIONS_PER_ADDRESS: only health checks are answered over them',
  );
  let models: Catalogue = { served: [], unusable: [], find: () => undefined };
  new Gauge({
    name: 'hypercolumn_model_ready',
    help: '1: the model is served, 0: it is not; its reason is in /v1/models',
    labelNames: ['model', 'version'],
    registers,
    collect() {
      this.reset();
      for (const { name, version } of models.unusable) this.set({ model: name, version }, 0);
      for (const { name, version } of models.served) this.set({ model: name, version }, 1);
    },
  });

  return {
    text: async () => ({ contentType: registry.contentType, body: await registry.metrics() }),
    request({ route, method, status, seconds: measured, digest, stimuli }) {
      requests.inc({ route, method, status });
      if (digest !== undefined && stimuli !== undefined) {
        statistics.request({ digest, stimuli, success: status === 200, seconds: measured });
        if (status === 200) answers.observe({ route }, measured.total ?? 0);
      }
      for (const [stage, histogram] of Object.entries(stages)) {
        const value = measured[stage as keyof typeof stages];
        if (value !== undefined) histogram.observe(value);
      }
    },
    frame(status, { decode, queue, infer }) {
      frames.inc({ status });
      if (status !== 200) return;
      stages.decode.observe(decode / 1000);
      stages.queue.observe(queue / 1000);
      stages.infer.observe(infer / 1000);
      answers.observe({ route: STREAM_ROUTE }, (decode + queue + infer) / 1000);
    },
    streams: (open) => streams.set(open),
    batch(stimuli, digest, seconds) {
      batchSize.observe(stimuli);
      statistics.batch({ digest, stimuli, seconds });
    },
    statistics: statistics.of,
    deadlineMiss: () => deadlineMisses.inc(),
    engineRestart: () => engineRestarts.inc(),
    connectionDrop: () => connectionDrops.inc(),
    models(catalogue) {
      models = catalogue;
      statistics.keep(new Set(catalogue.served.map(({ digest }) => digest)));
    },
  };
}
