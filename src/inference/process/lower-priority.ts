import { spawnSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { constants, setPriority } from 'node:os';

/**
 * Puts this process behind all others: at the lowest priority, and the first to go where memory runs out,
 * so that the inference process never waits for it.
 */
export function standBehindAll(): void {
  giveWay();
  goFirstWithoutMemory();
}

/** Computes when nobody else does, as far as the system lets it. */
function giveWay(): void {
  setPriority(constants.priority.PRIORITY_LOW);
  if (process.platform !== 'linux') return;
  // Linux's idle class, which Node cannot ask for: others take the core at once, not soon
  spawnSync('chrt', ['--all-tasks', '--idle', '--pid', '0', String(process.pid)], {
    stdio: 'ignore',
  });
}

function goFirstWithoutMemory(): void {
  if (process.platform !== 'linux') return;
  try {
    writeFileSync('/proc/self/oom_score_adj', '1000');
  } catch {
    // a container may forbid it; the bounds on what is computed at once remain
  }
}
