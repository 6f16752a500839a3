import type { Logger } from 'pino';
import type { HttpServer } from './listen.js';

export interface Ending {
  /** Aborted when what is not answered is to be answered 503. */
  readonly cut: AbortController;
  readonly server: Pick<HttpServer, 'close'>;
  /** Stimuli that wait. */
  readonly depth: () => number;
  readonly logger: Logger;
  /** Ends the process. */
  readonly end: () => void;
}

/** Seconds, at most a quarter of all, for the answers to what could not be computed. */
const LAST_ANSWERS = 1;

/** Ends the process after so many seconds, and shortly before has all that waits answered 503. */
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
