import type { Logger } from 'pino';
import type { HttpServer } from './listen.js';

export interface Ending {
  /** Aborted when the remaining requests are to be answered 503. */
  readonly cut: AbortController;
  readonly server: Pick<HttpServer, 'close'>;
  /** Number of waiting stimuli. */
  readonly depth: () => number;
  readonly logger: Logger;
  /** Ends the process. */
  readonly end: () => void;
}

/** Seconds, at most a quarter of all, in which the remaining requests are answered 503. */
const LAST_ANSWERS = 1;

/** Ends the process after so many seconds; shortly before, all waiting requests are answered 503. */
export function endInTime(seconds: number, { cut, server, depth, logger, end }: Ending): void {
  const answerAll = () => {
    logger.error(
      { stimuli: depth() },
      'not everything could be answered before DRAIN_SECONDS was over: the rest is answered 503',
    );
    cut.abort();
    void server.close().then(end);
  };
  setTimeout(end, seconds * 1000).unref();
  setTimeout(answerAll, (seconds - Math.min(LAST_ANSWERS, seconds / 4)) * 1000).unref();
}
