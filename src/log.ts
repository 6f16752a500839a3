import { type LevelWithSilent, type Logger, pino } from 'pino';

/** What writes lines: the process, in the field `name` of each. */
export type LogName = 'service' | 'worker' | 'job' | 'inference' | 'interpretation';

/** The least important lines that are written, as the setting LOG_LEVEL names them. */
export type LogLevel = LevelWithSilent;

/**
 * The log of a process: one JSON line for each event, on stderr, which child processes share with the process that
 * started them. A line about the work of one request has its id in `request`, one about a job in `job`.
 */
export function createLog(name: LogName, level: LogLevel): Logger {
  return pino({ name, level }, pino.destination({ dest: 2, sync: true }));
}

/**
 * Writes what Node would write to stderr as text into the log: its warnings, and an error that nothing has caught,
 * which ends this process.
 * @param fields of the line of that error, such as the ids of the work that it interrupts
 */
export function logNode(logger: Logger, fields: () => object = () => ({})): void {
  if (logger.level === 'silent') return;
  process.removeAllListeners('warning'); // Node's own, which writes text
  process.on('warning', (err) => logger.warn({ err }, 'Node has a warning'));
  process.once('uncaughtException', (err) => {
    logger.fatal({ ...fields(), err }, 'unhandled error');
    process.exit(1);
  });
}
