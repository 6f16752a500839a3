import { expect, test } from 'vitest';
import { processesOf } from '../support/processes.js';
import type { RunningService } from '../support/service.js';
import { temporaryFolder } from '../support/store.js';
import { startTestService } from '../support/test-service.js';

/** Posts a job and kills a process of the service, as often as said, whenever it runs. @returns the job's end */
async function endOfJob(
  { url, child }: RunningService,
  kind: string,
  body: object,
  kills?: { readonly module: string; readonly times: number },
): Promise<object> {
  const answer = await fetch(`${url}/v1/models/constant/${kind}`, {
    method: 'POST',
    body: JSON.stringify(body),
    headers: { 'Content-Type': 'application/json' },
  });
  expect(answer.status).toBe(202);
  const place = url + answer.headers.get('Location')!;
  const killed = new Set<number>();
  while (kills !== undefined && killed.size < kills.times) {
    const found = processesOf(kills.module, child.pid).find((pid) => !killed.has(pid));
    if (found === undefined) await new Promise(setImmediate);
    else {
      process.kill(found, 'SIGKILL');
      killed.add(found);
    }
  }
  await (await fetch(`${place}/events`)).text();
  return (await (await fetch(place)).json()) as object;
}

function findLogged({ stderr }: RunningService, message: string): unknown[] {
  return stderr()
    .split('\n')
    .filter((line) => line.includes(`"msg":${JSON.stringify(message)}`));
}

test('a job whose process is killed is continued, and one that loses three fails with the reason', async () => {
  const running = await startTestService({ DATA_DIR: await temporaryFolder() });
  const end = 'the process that runs jobs was killed (SIGKILL)';
  const module = 'job-worker.js';
  const request = { neurons: [0] };
  expect(await endOfJob(running, 'characterize', request, { module, times: 1 })).toMatchObject({
    state: 'succeeded',
  });
  expect(findLogged(running, end)).toHaveLength(1);
  // A process that is killed while it has no job is no loss of the next one.
  const [idle] = processesOf(module, running.child.pid);
  process.kill(idle!, 'SIGKILL');
  await expect.poll(() => findLogged(running, end)).toHaveLength(2);
  expect(await endOfJob(running, 'characterize', request, { module, times: 3 })).toMatchObject({
    state: 'failed',
    reason: `${end}, 3 times in a row`,
  });
  expect(findLogged(running, end)).toHaveLength(5);
  expect(findLogged(running, 'a job failed')).toHaveLength(1);
  expect(await endOfJob(running, 'characterize', request)).toMatchObject({ state: 'succeeded' });
});
