import { spawnSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { constants, setPriority } from 'node:os';

/**
 * Gives this process the lowest priority, and has the system end it first where memory runs out, so that
 * the inference process never waits for it.
 */
export function lowerPriority(): void {
  computeWhenIdle();
  endFirstWithoutMemory();
}

/** Lets all other processes compute first, as far as the system allows it. */
function computeWhenIdle(): void {
  setPriority(constants.priority.PRIORITY_LOW);
  if (process.platform !== 'linux') return;
  // Linux's idle class, which Node cannot set: others get the core immediately, not soon
  spawnSync('chrt', ['--all-tasks', '--idle', '--pid', '0', String(process.pid)], {
    stdio: 'ignore',
  });
}

function endFirstWithoutMemory(): void {
  if (process.platform !== 'linux') return;
  try {
    writeFileSync('/proc/self/oom_score_adj', '1000');
  } catch {
    // a container may forbid it; the bounds on what is computed concurrently remain
  }
}
