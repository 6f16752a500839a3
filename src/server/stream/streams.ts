import type { Logger } from 'pino';
import { frameBytes } from '../../formats/stream-frames.js';
import type { Scheduler } from '../../inference/scheduler.js';
import { responsesTag } from '../../inference/used-precision.js';
import type { Tracer } from '../../tracing/tracer.js';
import type { RequestContext } from '../context.js';
import type { Metrics } from '../metrics/metrics.js';
import { unavailable } from '../problem.js';
import { type Stream, serveStream } from './stream.js';
import { readyMessage, type StreamTerms } from './terms.js';
import type { StreamConnection, StreamTiming } from './transport.js';

export interface StreamsOptions {
  /** Streams that may be open at the same time. */
  readonly most: number;
  /** Whether the service is shutting down: none is opened, and each answer says so. */
  readonly closing: () => boolean;
  /** Aborted shortly before the process ends: no more frames are computed. */
  readonly cut: AbortSignal;
  readonly metrics: Pick<Metrics, 'frame' | 'deadlineMiss' | 'streams'>;
  readonly logger: Logger;
  readonly tracer: Tracer;
  /** Milliseconds, monotonic; the scheduler's own. */
  readonly clock: () => number;
  /** Unix time where the clock is at 0, in milliseconds. */
  readonly clockStart: number;
  readonly timing?: StreamTiming;
}

/** A client's request for a stream. */
interface Opening {
  readonly connection: StreamConnection;
  readonly terms: StreamTerms;
  readonly scheduler: Pick<Scheduler, 'respond'>;
  readonly request: Pick<RequestContext, 'id' | 'keyName' | 'readmit'>;
}

/** The streams that are open. */
export interface Streams {
  /**
   * Opens a stream.
   * @returns once it has ended
   * @throws Problem 503 when there are too many or the service is shutting down, else as
   *   `StreamConnection.accept`
   */
  open(opening: Opening): Promise<void>;
  /** Closes all with 1001 once the frames that they have read are answered; resolves when they are. */
  close(): Promise<void>;
}

const TIMING: StreamTiming = { heartbeat: 20_000, unread: 10_000, goodbye: 2_000 };

export function createStreams(options: StreamsOptions): Streams {
  const {
    most,
    closing,
    cut,
    metrics,
    logger,
    tracer,
    clock,
    clockStart,
    timing = TIMING,
  } = options;
  const open = new Map<Stream, Promise<void>>();
  cut.addEventListener('abort', () => {
    for (const stream of open.keys()) stream.cut();
  });

  return {
    open({ connection, terms, scheduler, request }) {
      const { id: requestId, keyName: client, readmit } = request;
      if (closing()) throw unavailable('the service is shutting down');
      if (open.size >= most)
        throw unavailable(`too many open streams: ${open.size + 1}; expected at most ${most}`);
      const { model, image, dtype, columns } = terms;
      const transport = connection.accept({
        requestId,
        tag: responsesTag(model),
        frameBytes: frameBytes(image, dtype),
        stamps: terms.stamps,
        timing,
      });
      transport.send(readyMessage(terms, requestId));
      const opened = clock();
      const named = `${model.name}/${model.version}`;
      const answered: Record<number, number> = {};
      const stream = serveStream(transport, {
        terms,
        scheduler: {
          respond: (frame) => scheduler.respond({ ...frame, requestIds: [requestId] }),
        },
        readmit,
        timing,
        clock,
        clockStart,
        closing,
        // A trace for each frame: one for the stream would last for hours.
        startTrace: (sequence) =>
          tracer.start('frame', {
            kind: 'server',
            attributes: {
              'hypercolumn.request.id': requestId,
              'hypercolumn.model': named,
              'hypercolumn.sequence': sequence,
            },
          }),
        onAnswer(status, times) {
          answered[status] = (answered[status] ?? 0) + 1;
          metrics.frame(status, times);
        },
        onLate: metrics.deadlineMiss,
        onBug: (err) => logger.error({ request: requestId, err }, 'unhandled error'),
      });
      const ended = stream.ended.then(({ code, reason }) => {
        open.delete(stream);
        metrics.streams(open.size);
        const seconds = Number(((clock() - opened) / 1000).toFixed(3));
        const neurons = columns.length;
        logger.info(
          {
            request: requestId,
            client,
            transport: connection.kind,
            model: named,
            dtype,
            neurons,
            answered,
            seconds,
            code,
            reason,
          },
          'stream',
        );
      });
      open.set(stream, ended);
      metrics.streams(open.size);
      return ended;
    },

    async close() {
      for (const stream of open.keys()) stream.close();
      await Promise.all(open.values());
    },
  };
}
