import { useCountdown } from '../state/use-countdown.js';
import { progressLabel, type Work } from './progress-label.js';

/** Shows the progress of a long computation and the time left. */
export function WorkProgress({ doing, unit, done, total, secondsLeft }: Work) {
  const left = useCountdown(done < total ? secondsLeft : null);
  return (
    <label class="work">
      <span class="quiet">{progressLabel({ doing, unit, done, total, secondsLeft: left })}</span>
      <progress {...(total > 0 ? { value: done, max: total } : {})} />
    </label>
  );
}
