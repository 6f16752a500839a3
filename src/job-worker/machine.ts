import { availableParallelism, cpus } from 'node:os';

/** Returns words for this machine that are the same as long as a training takes about as long on it. */
export function describeMachine(): string {
  const [first] = cpus();
  return `${first?.model ?? 'unknown processor'}, ${availableParallelism()} threads`;
}
