/** The signals that may reach the whole process group, such as SIGTERM from `timeout` or systemd. */
const SIGNALS = ['SIGINT', 'SIGHUP', 'SIGTERM'] as const;

/** Makes this process end with the service that started it, and leaves signals to that service. */
export function endWithService(): void {
  // An exit would end threads while they compute, and native code prints an error then.
  process.on('disconnect', () => process.kill(process.pid, 'SIGKILL'));
  for (const signal of SIGNALS) process.on(signal, () => undefined);
}
