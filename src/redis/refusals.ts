import { createHash } from 'node:crypto';
import type { Command, Redis } from 'ioredis';
import type { Logger } from 'pino';

/**
 * The codes with which Redis refuses every command, or every one that writes: its memory or its disk is full, it is
 * loading, it is a replica, or the password is wrong.
 */
export const REFUSAL =
  /^(OOM|MISCONF|LOADING|READONLY|MASTERDOWN|CLUSTERDOWN|NOAUTH|WRONGPASS|NOPERM)\b/;
/** What ioredis says of a command that got no answer in time. */
const SILENCE = 'Command timed out';

/**
 * Watches whether Redis takes the commands of some connections, and logs each change: not each command, since
 * thousands may be refused in a second.
 * @returns watches another connection
 */
export function createRefusalLog(logger: Pick<Logger, 'error' | 'info'>): (redis: Redis) => void {
  /** Commands that were refused since Redis last took one of them. */
  const refused = new Set<string>();
  let reason: string | undefined;

  return (redis) => {
    const send = redis.sendCommand.bind(redis);
    redis.sendCommand = (command, stream) => {
      command.promise.then(
        () => onTaken(command),
        (error: unknown) => onRefused(command, error),
      );
      return send(command, stream);
    };
  };

  function onRefused(command: Command, error: unknown): void {
    const found = reasonOf(error);
    if (found === undefined) return;
    refused.add(nameOf(command));
    if (found !== reason) {
      const [what, fields] =
        found === SILENCE
          ? ['Redis does not answer', {}]
          : ['Redis refuses commands', { code: found, reason: (error as Error).message }];
      logger.error({ ...fields, command: command.name }, what);
    }
    reason = found;
  }

  function onTaken(command: Command): void {
    if (!refused.has(nameOf(command))) return;
    refused.clear();
    reason = undefined;
    logger.info('Redis takes commands again');
  }
}

/** A script has the name of its hash: one that only reads may be run while those that write are refused. */
function nameOf({ name, args }: Command): string {
  const [script = ''] = args.map(String);
  if (name === 'evalsha') return script;
  return name === 'eval' ? createHash('sha1').update(script).digest('hex') : name;
}

function reasonOf(error: unknown): string | undefined {
  if (!(error instanceof Error)) return undefined;
  return error.message === SILENCE ? SILENCE : REFUSAL.exec(error.message)?.[1];
}
