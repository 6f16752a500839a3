type AsyncFunction = (...args: never[]) => Promise<unknown>;

/**
 * The same functions, which run one call after the other, in the order of the calls. A call is skipped where
 * its last argument is a signal that was aborted while it waited.
 */
export function inOrder<Functions extends { readonly [Name in keyof Functions]: AsyncFunction }>(
  functions: Functions,
): Functions {
  let last: Promise<unknown> = Promise.resolve();
  const ordered = Object.entries<AsyncFunction>(functions).map(([name, run]) => [
    name,
    (...args: never[]) => {
      const result = last.then(() => {
        const signal: unknown = args.at(-1);
        if (signal instanceof AbortSignal) signal.throwIfAborted();
        return run(...args);
      });
      last = result.catch(() => undefined);
      return result;
    },
  ]);
  return Object.fromEntries(ordered) as Functions;
}
