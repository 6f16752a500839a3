import { EventEmitter } from 'node:events';
import { type Mock, vi } from 'vitest';
import type { Machine } from '../../training/run/model-request.js';

/** A machine without a terminal and with enough memory and disk; its output is kept in `lines`. */
export function fakeMachine(changes: Partial<Machine> = {}) {
  const lines: string[] = [];
  const exit: Mock<(code: number) => void> = vi.fn();
  const signals = Object.assign(new EventEmitter(), { exit });
  const machine: Machine = {
    signals,
    stream: {
      isTTY: false,
      write: (text: string | Uint8Array) => {
        lines.push(String(text).trimEnd());
        return true;
      },
    },
    memory: () => ({ free: 4e9, limit: undefined, used: 0, gpu: () => undefined }),
    freeDisk: async () => 1e12,
    clock: () => 0,
    ...changes,
  };
  return { machine, signals, lines };
}
