import { useEffect, useRef, useState } from 'preact/hooks';
import { type Countdown, createCountdown } from './countdown.js';

/** Counts down the seconds left, also between two estimates. */
export function useCountdown(estimate: number | null): number | null {
  const countdown = useRef<Countdown | undefined>(undefined);
  countdown.current ??= createCountdown(() => performance.now());
  const [, tick] = useState(0);
  const known = estimate !== null;
  useEffect(() => {
    if (!known) return;
    const timer = setInterval(() => tick((now) => now + 1), 1000);
    return () => clearInterval(timer);
  }, [known]);
  return countdown.current.show(estimate);
}
