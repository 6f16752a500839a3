/** The signals that may reach the whole process group, such as SIGTERM from `timeout` or systemd. */
const SIGNALS = ['SIGINT', 'SIGHUP', 'SIGTERM'] as const;

/** Makes this process end with the service that started it, and leaves signals to that service. */
export function endWithService(): void {
  process.on('disconnect', () => process.exit(0));
  for (const signal of SIGNALS) process.on(signal, () => undefined);
}
