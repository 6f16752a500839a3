/**
 * Waits for work, but not longer than a time; the work goes on where it cannot be stopped.
 * @param milliseconds the longest time
 * @param late makes the error of work that takes longer
 */
export async function limitTime<Result>(
  work: Promise<Result>,
  milliseconds: number,
  late: () => Error,
): Promise<Result> {
  let timer: NodeJS.Timeout | undefined;
  const limit = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(late()), milliseconds);
  });
  try {
    return await Promise.race([work, limit]);
  } finally {
    clearTimeout(timer);
  }
}
