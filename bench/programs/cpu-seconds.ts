import { readFile } from 'node:fs/promises';

/** Ticks of the kernel's clock in a second, on Linux. */
const TICKS = 100;

/** Seconds of CPU time that a process has taken, to a hundredth. */
export async function cpuSeconds(pid: number): Promise<number> {
  const text = await readFile(`/proc/${pid}/stat`, 'utf8');
  // The second field, a name in brackets, may have spaces. Time of the program and of the kernel for it.
  const [user, system] = text
    .slice(text.lastIndexOf(')') + 2)
    .split(' ')
    .slice(11, 13);
  return (Number(user) + Number(system)) / TICKS;
}
