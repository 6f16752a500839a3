import { useCountdown } from '../state/use-countdown.js';
import { progressWords, type Work } from './progress-words.js';

/** How far long work is, and how long it will still take. */
export function WorkProgress({ doing, unit, done, total, secondsLeft }: Work) {
  const left = useCountdown(done < total ? secondsLeft : null);
  return (
    <label class="work">
      <span class="quiet">{progressWords({ doing, unit, done, total, secondsLeft: left })}</span>
      <progress {...(total > 0 ? { value: done, max: total } : {})} />
    </label>
  );
}
