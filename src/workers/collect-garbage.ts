/**
 * Gives memory back that a thread no longer uses, where Node was started with `--expose-gc`. A thread that
 * waits for requests would keep it for hours.
 */
export function collectGarbage(): void {
  globalThis.gc?.();
}
