type AsyncFunction = (...args: never[]) => Promise<unknown>;

/** Runs tasks one after the other, in the order of the calls; a task that fails rejects its own call alone. */
export function createSequence(): <Result>(task: () => Promise<Result>) => Promise<Result> {
  let last: Promise<unknown> = Promise.resolve();
  return (task) => {
    const result = last.then(task);
    last = result.catch(() => undefined);
    return result;
  };
}

/**
 * The same functions, which run one call after the other, in the order of the calls. A call is skipped where
 * its last argument is a signal that was aborted while it waited.
 */
export function inOrder<Functions extends { readonly [Name in keyof Functions]: AsyncFunction }>(
  functions: Functions,
): Functions {
  const inTurn = createSequence();
  const ordered = Object.entries<AsyncFunction>(functions).map(([name, run]) => [
    name,
    (...args: never[]) =>
      inTurn(async () => {
        const signal: unknown = args.at(-1);
        if (signal instanceof AbortSignal) signal.throwIfAborted();
        return await run(...args);
      }),
  ]);
  return Object.fromEntries(ordered) as Functions;
}
